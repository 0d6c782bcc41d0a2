/** Processor time that work takes, ms: that of a busy machine is hardly longer, as what others do is not counted. */
export function cpuTimeOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
