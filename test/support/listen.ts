import type { RunEvent, RunListener } from '../../src/run/events.ts';

type Event<Kind extends RunEvent['kind']> = Extract<RunEvent, { readonly kind: Kind }>;

/** A listener to events of one kind. */
export const on =
  <Kind extends RunEvent['kind']>(kind: Kind, take: (event: Event<Kind>) => void): RunListener =>
  (event) => {
    if (event.kind === kind) take(event as Event<Kind>);
  };
