/** Hashes of what decides a measurement, by what it is in the user's words. */
export type Fingerprints = Readonly<Record<string, string>>;

/** What a configuration's files are called among the parts of a key. */
export const CONFIGURATION = 'the configuration';

/** What the files of the model, but its configuration, are called among the parts. */
export const MODEL_FILES = "the model's files";

/** What the machine, and tma's way to measure, are called among the parts; journals of early versions have neither. */
export const MACHINE = 'the machine';

export const MEASURING = 'how tma measures';

/** The same of the models that an ensemble is made of, and of what code in Python finds. */
export const MEMBERS = 'the models that it is made of';

export const PACKAGES = 'the Python packages';

/** What journals of early versions do not say. */
const SINCE: ReadonlySet<string> = new Set([MACHINE, MEASURING, MEMBERS, PACKAGES]);

/** The parts that are not equal, by what they are called. */
export const differentParts = (before: Fingerprints, after: Fingerprints): string[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((name) => before[name] !== after[name])
    .map((name) => (SINCE.has(name) && before[name] === undefined ? `${name}, not recorded then` : name));
