/**
 * A line of a journal as this version writes it. Sessions of version 1 have no name, and do not say what they took over.
 * @param line JSON; anything that is no session of an earlier version stays as it is.
 */
export function upgraded(line: unknown): unknown {
  if (typeof line !== 'object' || line === null) return line;
  const { kind, schemaVersion, startedAt } = line as Readonly<Record<string, unknown>>;
  if (kind !== 'session' || schemaVersion !== 1) return line;
  return { ...line, id: startedAt, takesAll: true };
}
