import { DEFAULT_FRAME_SIZE, DEFAULT_WINDOW, FRAME, frame, MOST_WINDOW, SETTING } from './frames.ts';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
/** What the server may send in one frame. */
export const OWN_FRAME_SIZE = 2 ** 20;
const MOST_FRAME_SIZE = 2 ** 24 - 1;
/** Half of what the peer may send is used up: time to allow more. */
export const REFILL = 2 ** 30;

/** What a client says first: no header table, the largest windows. */
export function greeting(): Buffer {
  const settings = [
    [SETTING.headerTableSize, 0],
    [SETTING.enablePush, 0],
    [SETTING.initialWindowSize, MOST_WINDOW],
    [SETTING.maxFrameSize, OWN_FRAME_SIZE],
  ] as const;
  const payload = Buffer.alloc(6 * settings.length);
  for (const [index, [id, value]] of settings.entries()) {
    payload.writeUInt16BE(id, index * 6);
    payload.writeUInt32BE(value, index * 6 + 2);
  }
  return Buffer.concat([
    PREFACE,
    frame(FRAME.settings, 0, 0, payload),
    windowUpdate(0, MOST_WINDOW - DEFAULT_WINDOW),
  ]);
}

/** Allows the peer to send more. */
export function windowUpdate(stream: number, more: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(more);
  return frame(FRAME.windowUpdate, 0, stream, payload);
}

/** What the peer takes: its settings, and its window for the whole connection. */
export class Peer {
  frameSize = DEFAULT_FRAME_SIZE;
  /** Of a new stream. */
  initialWindow = DEFAULT_WINDOW;
  window = DEFAULT_WINDOW;

  /**
   * Takes SETTINGS in.
   * @returns by how much the windows of open streams change, or what is wrong.
   */
  settings(payload: Buffer): number | string {
    if (payload.length % 6 !== 0) return `SETTINGS of ${payload.length} bytes`;
    const before = this.initialWindow;
    for (let at = 0; at < payload.length; at += 6) {
      const id = payload.readUInt16BE(at);
      const value = payload.readUInt32BE(at + 2);
      if (id === SETTING.maxFrameSize) {
        if (value < DEFAULT_FRAME_SIZE || value > MOST_FRAME_SIZE) return `a frame size of ${value}`;
        this.frameSize = value;
      } else if (id === SETTING.initialWindowSize) {
        if (value > MOST_WINDOW) return `a window of ${value}`;
        this.initialWindow = value;
      }
    }
    return this.initialWindow - before;
  }
}
