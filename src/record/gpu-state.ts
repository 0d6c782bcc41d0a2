/** How a GPU fared while a point was measured, as its driver tells; what it does not tell is absent. */
export interface GpuState {
  /** MHz, lowest and highest. */
  readonly smClockMHz?: readonly [number, number];
  readonly memoryClockMHz?: readonly [number, number];
  /** Highest, degrees Celsius. */
  readonly temperatureC?: number;
  /** Mean, watts. */
  readonly powerW?: number;
  /** Why its clocks were held back. */
  readonly throttled: readonly string[];
}
