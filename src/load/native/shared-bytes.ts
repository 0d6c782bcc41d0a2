/** Small requests share pieces of memory of this size. */
const CHUNK = 2 ** 20;

/** Memory that all threads see; what is put into it stays. */
export class SharedBytes {
  #chunk = new SharedArrayBuffer(0);
  #used = 0;

  /** Room for so many bytes. */
  #room(length: number): Buffer {
    if (length > CHUNK / 4) return Buffer.from(new SharedArrayBuffer(length));
    if (this.#used + length > this.#chunk.byteLength) {
      this.#chunk = new SharedArrayBuffer(CHUNK);
      this.#used = 0;
    }
    const room = Buffer.from(this.#chunk, this.#used, length);
    this.#used += length;
    return room;
  }

  /** The pieces behind each other. */
  readonly join = (pieces: readonly Uint8Array[]): Buffer => {
    const room = this.#room(pieces.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of pieces) {
      room.set(piece, at);
      at += piece.length;
    }
    return room;
  };
}
