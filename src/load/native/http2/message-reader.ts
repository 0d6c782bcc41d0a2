import { MOST_ANSWER_BYTES } from '../connection.ts';

const PREFIX = 5;

/** Cuts the data of a gRPC stream, in pieces cut anywhere, into messages. */
export class MessageReader {
  readonly #onMessage: (message: Buffer) => void;
  #pieces: Buffer[] = [];
  /** So many of them are copies of our own. */
  #copied = 0;
  #have = 0;
  #wanted = PREFIX;
  #inMessage = false;

  constructor(onMessage: (message: Buffer) => void) {
    this.#onMessage = onMessage;
  }

  /** Takes the next piece in; answers with what is wrong with it, or undefined. */
  read(piece: Buffer): string | undefined {
    let rest = piece;
    while (rest.length > 0) {
      const taken = Math.min(this.#wanted - this.#have, rest.length);
      this.#pieces.push(rest.subarray(0, taken));
      this.#have += taken;
      rest = rest.subarray(taken);
      const wrong = this.#have === this.#wanted ? this.#complete() : undefined;
      if (wrong !== undefined) return wrong;
    }
    // What is kept beyond this call lies in a buffer that is used again.
    for (; this.#copied < this.#pieces.length; this.#copied++)
      this.#pieces[this.#copied] = Buffer.from(this.#pieces[this.#copied]!);
    return undefined;
  }

  #complete(): string | undefined {
    const bytes = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#copied = 0;
    this.#have = 0;
    if (this.#inMessage) {
      this.#inMessage = false;
      this.#wanted = PREFIX;
      this.#onMessage(bytes);
      return undefined;
    }
    if (bytes[0] !== 0) return 'a compressed message, none was asked for';
    const length = bytes.readUInt32BE(1);
    if (length > MOST_ANSWER_BYTES) return `a message of ${length} bytes`;
    this.#wanted = length;
    this.#inMessage = true;
    return length === 0 ? this.#complete() : undefined;
  }
}

/** What a ModelStreamInferResponse says, its outputs left alone. */
export interface StreamAnswer {
  readonly error: string;
  /** Whether the request is answered with this. */
  readonly final: boolean;
  /** Whether it holds no outputs. */
  readonly empty: boolean;
}

/** Reads the protobuf bytes of a ModelStreamInferResponse; undefined when they are none. */
export function readStreamAnswer(message: Buffer): StreamAnswer | undefined {
  let error = '';
  let final = false;
  let empty = true;
  const good = eachField(message, (field, bytes) => {
    if (field === 1) error = bytes.toString('utf8');
    if (field !== 2) return true;
    return eachField(bytes, (inner, part) => {
      if (inner === 5) empty = false;
      if (inner === 4 && part.includes('triton_final_response')) final = isTrue(part);
      return true;
    });
  });
  return good ? { error, final, empty } : undefined;
}

/** Whether a map entry's value is an InferParameter of bool true. */
function isTrue(entry: Buffer): boolean {
  let found = false;
  eachField(entry, (field, value) => {
    if (field === 2) found = value.length === 2 && value[0] === 8 && value[1] === 1;
    return true;
  });
  return found;
}

/** Calls back with each length-delimited field; false when the bytes are no protobuf message. */
function eachField(bytes: Buffer, visit: (field: number, value: Buffer) => boolean): boolean {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) return Number.NaN;
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
    return Number.NaN;
  };
  while (at < bytes.length) {
    const key = varint();
    const wire = key % 8;
    if (wire === 2) {
      const length = varint();
      if (!(at + length <= bytes.length)) return false;
      if (!visit(Math.floor(key / 8), bytes.subarray(at, at + length))) return false;
      at += length;
    } else if (wire === 0) {
      if (Number.isNaN(varint())) return false;
    } else if (wire === 1 || wire === 5) {
      at += wire === 1 ? 8 : 4;
      if (at > bytes.length) return false;
    } else {
      return false;
    }
  }
  return true;
}
