const LIMIT_MS = 30_000;

/** Waits until something is so. @throws when that takes too long. */
export async function until(is: () => boolean): Promise<void> {
  const end = performance.now() + LIMIT_MS;
  while (!is()) {
    if (performance.now() > end) throw new Error('it did not happen');
    await new Promise((done) => setTimeout(done, 50));
  }
}
