/** What became of a run. */
export type Outcome =
  | { readonly kind: 'done' }
  /** Windows never agreed, or were too short: longer ones may do. */
  | { readonly kind: 'unstable' | 'window too small' }
  /** `noServer`: Triton, which was to be loaded into the process, could not be. */
  | { readonly kind: 'failed'; readonly message: string; readonly noServer?: true };

const failed = (message: string) => ({ kind: 'failed', message }) as const;

/** Triton as a library. */
const NO_SERVER: readonly [RegExp, (match: RegExpExecArray) => string][] = [
  [/unable to load backend library: ([^\n]*)/, ([, reason]) => `Triton's library can't be loaded: ${reason}`],
  [/Poll failed for model directory '[^']*': ([^\n"]*)/, ([line]) => line.replace(/"$/, '')],
  [/creating server: ([^\n]*)/, ([, reason]) => `Triton does not start inside perf_analyzer: ${reason}`],
];

/** What stands in the output, and what it means; the first that fits is taken. */
const CAUSES: readonly [RegExp, (match: RegExpExecArray) => string][] = [
  [
    /version `(GLIBC\S*|GLIBCXX\S*)' not found/,
    ([, what]) =>
      `perf_analyzer needs ${what}, which this machine lacks: tma install perf-analyzer brings one that runs`,
  ],
  [
    /libcudart[^\n]*/,
    () => 'shared memory: perf_analyzer wants the CUDA runtime (libcudart.so) for it, also for system memory',
  ],
  [
    /Server side statistics compute counts must be the same/,
    () => 'the server changed its statistics while perf_analyzer read them',
  ],
  [
    /Request for unknown model: '([^']*)' is not found/,
    ([, model]) => `the server does not know model "${model}"`,
  ],
  [
    /Couldn't connect to server|failed to connect to all addresses[^\n]*|Connection refused/,
    () => 'the server refuses connections',
  ],
  [/Couldn't resolve host name/, () => 'the name of the server is not known'],
  [
    /input (\S+) contains dynamic shape/,
    ([, input]) => `input "${input}" has a variable size: give it with shape: ${input}:SIZE`,
  ],
  [
    /The variable-sized tensor "([^"]+)"/,
    ([, input]) => `input "${input}" has a variable size: give it with shape: ${input}:SIZE`,
  ],
  [/The supplied shape of[^\n]*/, ([line]) => line.trim()],
  [
    /inference request batch-size must be <= (\d+) for '([^']*)'/,
    ([, most, model]) => `client batch exceeds max_batch_size ${most} of ${model}`,
  ],
  [/can not specify batch size > 1[^\n]*/, () => 'client batch above 1 on a model that does not batch'],
  [/Decoupled models must be run with[^\n]*/, () => 'a decoupled model needs gRPC and streaming: true'],
  [
    /unable to find float data in json|Failed to init manager inputs:[^\n]*/,
    ([line]) => `input data: ${line.trim()}`,
  ],
  [/Thread \[\d+\] had error: ([^\n]+)/, ([, message]) => message!.trim()],
  [
    /Failed to retrieve results from inference request\.[^\n]*(?:\n([^\n]+))?/,
    ([line, more]) => (more ?? line).trim(),
  ],
  [
    /model id was not returned in the response/,
    () => 'the server is no Triton: perf_analyzer can speak to it without async only',
  ],
  [/Unable to connect to Metrics endpoint/, () => 'the metrics page of the server does not answer'],
  [
    /Invalid long option '?--?([\w-]+)'?|unrecognized option '--([\w-]+)'/,
    ([, a, b]) => `this perf_analyzer does not know --${a ?? b}`,
  ],
  [/terminate called[^\n]*\n\s*what\(\):\s*([^\n]+)/, ([, what]) => what!.trim()],
];

/**
 * What a run came to, from its exit code and everything it printed. Exit code 0 is not enough for success: the
 * figures have to be there, too.
 */
export function outcomeOf(code: number | undefined, signal: string | undefined, text: string): Outcome {
  if (/Received exit signal/.test(text)) return failed('perf_analyzer was interrupted');
  if (code === 0) return { kind: 'done' };
  if (code === 2) return { kind: 'unstable' };
  if (code === 3) return { kind: 'window too small' };
  for (const [pattern, words] of NO_SERVER) {
    const match = pattern.exec(text);
    if (match) return { ...failed(words(match)), noServer: true };
  }
  // A window without an answer is told of before what kept the answers away.
  for (const [pattern, words] of CAUSES) {
    const match = pattern.exec(text);
    if (match) return failed(words(match));
  }
  if (/Failed to obtain stable measurement/.test(text)) return { kind: 'unstable' };
  if (/Please use a larger time window|failed to find the requested model version/.test(text))
    return { kind: 'window too small' };
  const how = signal ? `was ended by ${signal}` : `ended with exit code ${code}`;
  // Usage is 20 kB long; what was wrong stands behind it.
  const last = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .at(-1);
  return failed(`perf_analyzer ${how}${last ? `: ${last.replace(/^error: /i, '')}` : ''}`);
}
