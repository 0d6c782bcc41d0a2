import type { Figures } from '../../src/search/search.ts';
import { randomSource } from '../../src/statistics/random-source.ts';
import { byPoint, pointOf, type Row } from './grid.ts';
import type { Landscape } from './landscape.ts';

type Values = Row['values'];

/** The looks of one start of a server, by level and client batch. */
type Start = ReadonlyMap<string, Row>;

const loadOf = ({ level, batchSize }: Row): string => `${level} ${batchSize}`;

/**
 * Noise as it was recorded: a server that is started is one of the starts that a grid has of its configuration, and sees what
 * was seen then. Where a point has one look only, which is the truth itself, it sees as much more or less than that as another
 * start did, of a configuration that was looked at twice with that load.
 */
export class RecordedStarts {
  readonly #random: () => number;
  readonly #truth: ReadonlyMap<string, Row>;
  /** By configuration. */
  readonly #starts: ReadonlyMap<string, readonly Start[]>;
  /** The points that were looked at on several starts. */
  readonly #often: ReadonlySet<string>;
  /** Starts of which one at least can lend what it saw, by the load. */
  readonly #lenders: readonly Start[];

  /** @throws where no point was looked at on two starts. */
  constructor({ rows, looks }: Pick<Landscape, 'rows' | 'looks'>, seed: number) {
    this.#random = randomSource(seed * 92_821 + 3);
    this.#truth = new Map(rows.map((row) => [pointOf(row), row]));
    const measured = looks.filter(({ values }) => values['perf_throughput'] !== undefined);
    this.#often = new Set(
      [...byPoint(measured)].flatMap(([point, same]) =>
        new Set(same.map(({ start }) => start)).size > 1 ? [point] : [],
      ),
    );
    if (this.#often.size === 0)
      throw new Error('no point of this grid was looked at on two starts of the server');
    const starts = [...Map.groupBy(measured, ({ variant, start }) => `${variant} ${start}`).values()];
    const maps = starts.map((of) => ({ of, start: new Map(of.map((row) => [loadOf(row), row])) }));
    this.#starts = new Map(
      [...Map.groupBy(maps, ({ of }) => of[0]!.variant)].map(([variant, all]) => [
        variant,
        all.map(({ start }) => start),
      ]),
    );
    this.#lenders = maps
      .filter(({ of }) => of.some((row) => this.#often.has(pointOf(row))))
      .map(({ start }) => start);
  }

  /** A server that was started: answers what a look at it sees of the true values, which are of this row or beside it. */
  start(variant: string): (truth: Values, row: Row) => Figures {
    const own = this.#drawn(this.#starts.get(variant) ?? []);
    const lent = this.#drawn(this.#lenders)!;
    return (truth, row) => {
      const look = own?.get(loadOf(row));
      if (look && this.#often.has(pointOf(row))) return this.#seen(truth, look, 1);
      // Half of the difference of two looks is less than one is off in the mean.
      return this.#seen(truth, this.#lending(lent, row), Math.SQRT2);
    };
  }

  /** A look of a start that was compared with another: with this load, or with any if it has none. */
  #lending(start: Start, row: Row): Row {
    const same = start.get(loadOf(row));
    if (same && this.#often.has(pointOf(same))) return same;
    return [...start.values()].find((other) => this.#often.has(pointOf(other)))!;
  }

  #seen(truth: Values, look: Row, power: number): Figures {
    const mean = this.#truth.get(pointOf(look))!.values;
    const values = Object.entries(truth).map(([tag, value]) => {
      const [seen, usual] = [look.values[tag] ?? 0, mean[tag] ?? 0];
      return [tag, seen > 0 && usual > 0 ? value * (seen / usual) ** power : value] as const;
    });
    return {
      values: Object.fromEntries(values),
      ...(look.deviations && { deviations: look.deviations }),
    };
  }

  #drawn<T>(list: readonly T[]): T | undefined {
    return list[Math.floor(this.#random() * list.length)];
  }
}
