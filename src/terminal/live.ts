import { stripVTControlCharacters, styleText } from 'node:util';
import { createLogUpdate } from 'log-update';
import sliceAnsi from 'slice-ansi';
import { counted, formatBytes, shown } from '../ground/wording.ts';
import { formatNumber, isWorthTelling, type RunListener, searchLines } from '../index.ts';
import { columnsOf, inLines, labelled, visibleWidth, wrapped } from './fit.ts';
import { bar, sparkline, type Usage, usageReader } from './gauges.ts';
import { interruptedText } from './plain.ts';
import { type Activity, clock, load, pointLine, SoFar } from './progress.ts';

/** Columns of the time in front of a line. */
const TIME = 5;
const REDRAW_MS = 200;
/** The cores are looked at once in so many redraws. */
const REDRAWS_A_LOOK = 5;
const BAR = 24;
const SMALL_BAR = 10;

/** What a live view is told beside what happens. */
export interface LiveSettings {
  /** Time for all models; undefined: as long as it takes. */
  readonly maxMinutes?: number | undefined;
  readonly usage?: () => Usage;
}

/** Progress for a person: finished points scroll by, what is running stands below them. */
export function liveView(stream: NodeJS.WriteStream, settings: LiveSettings = {}): RunListener {
  const { maxMinutes, usage = usageReader() } = settings;
  const state = new SoFar();
  const draw = createLogUpdate(stream);
  let timer: NodeJS.Timeout | undefined;
  let looks = 0;
  let used: Usage | undefined;
  const redraw = (): void => {
    if (looks++ % REDRAWS_A_LOOK === 0) used = usage();
    draw(block(state, columnsOf(stream), { used, maxMinutes }));
  };
  const above = (line: string): void => {
    draw.clear();
    const time = styleText('dim', clock(state.elapsedS).padStart(TIME));
    const columns = columnsOf(stream);
    stream.write(`${shown(labelled(time, line, columns, TIME + 1, columns))}\n`);
    redraw();
  };
  return (event) => {
    state.take(event);
    switch (event.kind) {
      case 'note':
        above(styleText('dim', event.text));
        break;
      case 'model':
        timer ??= setInterval(redraw, REDRAW_MS);
        timer.unref();
        above(
          styleText(
            'bold',
            `${state.model}: ${counted(state.configurations, 'configuration')}, ${counted(event.points, 'point')}`,
          ),
        );
        break;
      case 'point': {
        const line = pointLine(state, event.variant, event.record);
        above(event.record.state === 'failed' ? styleText('yellow', line) : line);
        break;
      }
      case 'trial':
        for (const warning of event.trial.end?.warnings ?? [])
          above(styleText('yellow', `${event.trial.name}: ${warning}`));
        break;
      case 'search':
        if (isWorthTelling(event.record))
          for (const line of searchLines(event.record)) above(styleText('dim', line));
        break;
      case 'end':
        clearInterval(timer);
        draw.clear();
        draw.done();
        if (event.interrupted) stream.write(`${shown(interruptedText(state))}\n`);
        break;
    }
  };
}

/** What the block is drawn from beside the run. */
export interface Beside {
  readonly used?: Usage | undefined;
  readonly maxMinutes?: number | undefined;
}

/** The block that is redrawn: what runs, how far it is, the best so far, what went wrong, what the machine does. */
export function block(state: SoFar, columns: number, { used, maxMinutes }: Beside = {}): string {
  const best = state.best;
  const lines = [
    '',
    ...state.activities.flatMap((activity) => {
      const lines = activityLines(activity);
      return state.activities.length > FEW_ACTIVITIES
        ? lines
        : lines.flatMap((line) => twoLines(line, columns));
    }),
    ...courseLines(state),
    ...howFar(state, columns, maxMinutes),
    ...(best ? twoLines(`${styleText('green', 'best so far')} ${best}`, columns) : []),
    ...failureLines(state),
    ...gaugeLines(state, columns, used),
    styleText('dim', 'Ctrl-C: finish this point, then report · twice: stop now'),
  ];
  return lines.map((line) => clip(shown(line), columns)).join('\n');
}

/** More at once have a line each for what they are and for what they are at: the block is to fit a terminal. */
const FEW_ACTIVITIES = 2;

/** What runs, in settings, and below it what it is at and how long its steps took. */
function activityLines(activity: Activity): string[] {
  const { variant, settings, steps } = activity;
  const took = steps.map(({ phase, seconds }) => `${phase} ${seconds.toFixed(1)} s`);
  return [
    `${styleText('cyan', '▸')} ${variant}${settings === undefined ? '' : `: ${settings}`}`,
    `  ${[doing(activity), ...took.map((text) => styleText('dim', text))].join(' · ')}`,
  ];
}

function doing({ phase, point, window, loading, sinceS }: Activity): string {
  if (loading) {
    const line = loading.line ? ` · ${loading.line}` : '';
    return `loading the model, ${clock(loading.seconds)}${line}`;
  }
  if (!point) return `${phase}, ${clock(sinceS)}`;
  const now = window
    ? ` · window ${window.count}: ${formatNumber(window.throughput)} infer/s, ${formatNumber(window.latencyMs)} ms`
    : ' · warming up';
  return `${phase}, ${load(point)}, ${clock(sinceS)}${now}`;
}

/** A bar, and `point 2 of 27 · 0:10 elapsed · about 2:30 left · ends at 10:00 at the latest`. */
function howFar(state: SoFar, columns: number, maxMinutes: number | undefined): string[] {
  const { leftS, elapsedS, total, done } = state;
  const progress = bar(total > 0 ? done / total : 0, Math.min(BAR, Math.floor(columns / 5)));
  const limitS = maxMinutes === undefined ? undefined : maxMinutes * 60;
  const untilLimitS = limitS === undefined ? Infinity : Math.max(0, limitS - elapsedS);
  const parts = [
    `${styleText('cyan', progress)} point ${Math.min(done + 1, total)} of ${total}`,
    `${clock(elapsedS)} elapsed`,
    ...(leftS === undefined ? [] : [`about ${clock(Math.min(leftS, untilLimitS))} left`]),
    ...(limitS === undefined ? [] : [`ends at ${clock(limitS)} at the latest`]),
  ];
  return inLines(parts, ' · ', columns);
}

/** So many points make a course. */
const LEAST_COURSE = 3;
const COURSE = 30;

/** How throughput and latency went from point to point. */
function courseLines(state: SoFar): string[] {
  const courses = [
    ['infer/s', 'perf_throughput'],
    ['p99 ms', 'perf_latency_p99'],
  ].flatMap(([name, tag]) => {
    const values = state.course(tag!);
    if (values.length < LEAST_COURSE) return [];
    const range = `${formatNumber(Math.min(...values))} to ${formatNumber(Math.max(...values))}`;
    return [`${name} ${sparkline(values, COURSE)} ${styleText('dim', range)}`];
  });
  return courses.map((line) => `  ${line}`);
}

/** How many failed, and the last of them. */
function failureLines({ failures }: SoFar): string[] {
  const last = failures.at(-1);
  if (!last) return [];
  return [styleText('yellow', `${failures.length} failed, last ${last.variant}: ${last.why}`)];
}

/** What this machine's cores and memory do, and what the GPUs did at the last point. */
function gaugeLines(state: SoFar, columns: number, used: Usage | undefined): string[] {
  const gauges = [
    ...(used?.cpu === undefined ? [] : [gauge('CPU', used.cpu)]),
    ...(used ? [gauge('memory', used.memory.used / used.memory.all, formatBytes(used.memory.used))] : []),
    ...gpuGauges(state),
  ];
  return inLines(gauges, '  ', columns);
}

function gpuGauges(state: SoFar): string[] {
  const [percent, usedMB, freeMB] = ['gpu_utilization', 'gpu_used_memory', 'gpu_free_memory'].map((tag) =>
    state.latest(tag),
  );
  return [
    ...(percent === undefined ? [] : [gauge('GPU', percent / 100)]),
    ...(usedMB === undefined || freeMB === undefined
      ? []
      : [gauge('GPU memory', usedMB / (usedMB + freeMB), formatBytes(usedMB * 1e6))]),
  ];
}

const gauge = (name: string, share: number, text = `${(100 * share).toFixed(0)} %`): string =>
  `${styleText('dim', name)} ${bar(share, SMALL_BAR)} ${text}`;

/** A text on two lines at most, the second below its words; what does not fit then is cut. */
function twoLines(text: string, columns: number): string[] {
  const indent = text.startsWith(' ') ? '    ' : '  ';
  const [first = '', ...more] = wrapped(text, columns, indent, columns).split('\n');
  return more.length === 0 ? [first] : [first, indent + more.map((line) => line.trim()).join(' ')];
}

/** Cuts a line to the terminal, colours left whole, and words where one is not half of the line. */
function clip(line: string, columns: number): string {
  if (visibleWidth(line) <= columns) return line;
  const room = columns - 1;
  const start = stripVTControlCharacters(sliceAnsi(line, 0, room));
  const end = stripVTControlCharacters(line).lastIndexOf(' ', start.length);
  const words = end > start.length / 2 ? visibleWidth(start.slice(0, end)) : room;
  return `${sliceAnsi(line, 0, words)}…`;
}
