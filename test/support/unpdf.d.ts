/** What is used of unpdf, PDF.js for Node. */
declare module 'unpdf' {
  interface Bookmark {
    readonly title: string;
    readonly items: readonly Bookmark[];
  }
  interface Font {
    readonly name: string;
    /** Its letters are not in the file. */
    readonly missingFile?: boolean;
  }
  interface Page {
    /** Left, bottom, right and top, pt. */
    readonly view: readonly [number, number, number, number];
    readonly commonObjs: { get(id: string): Font };
    getTextContent(): Promise<{
      readonly items: readonly {
        readonly str?: string;
        /** A line ends behind it. */
        readonly hasEOL?: boolean;
        readonly width: number;
        readonly transform: readonly [number, number, number, number, number, number];
      }[];
    }>;
    getOperatorList(): Promise<{
      readonly fnArray: readonly number[];
      readonly argsArray: readonly unknown[][];
    }>;
  }
  export function getDocumentProxy(bytes: Uint8Array): Promise<{
    readonly numPages: number;
    getPage(number: number): Promise<Page>;
    getOutline(): Promise<readonly Bookmark[] | null>;
  }>;
}
