/** Wakes those who wait for something to happen. */
export class Bell {
  #next = Promise.withResolvers<void>();

  /** Resolves when the bell rings next. */
  rung(): Promise<void> {
    return this.#next.promise;
  }

  ring(): void {
    this.#next.resolve();
    this.#next = Promise.withResolvers();
  }
}
