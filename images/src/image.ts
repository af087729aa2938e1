/** Samples as they are stored: 8-bit pictures stay 8-bit, FITS with a scale or blanks becomes floating point. */
export type Samples = Uint8Array | Int16Array | Uint16Array | Int32Array | Float32Array | Float64Array

/** What is known of a picture before its samples are read. */
export interface Shape {
  /** In samples. */
  width: number
  height: number
  /** 1: grey; 3: red, green, blue. */
  planes: number
}

/** A picture as numbers: whole planes one after the other, each row by row, the top row first. A sample that is blank is NaN. */
export interface Image extends Shape {
  samples: Samples
}

/** One keyword of a FITS header. `value` is null where the card has none (COMMENT, HISTORY). */
export interface Card {
  keyword: string
  value: string | number | boolean | null
  comment?: string
}

/** A picture in a file, read a few rows at a time. */
export interface ImageReader extends Shape {
  /** What `rows` gives: the type of its arrays. */
  readonly sampleType: 'u8' | 'i16' | 'u16' | 'i32' | 'f32' | 'f64'
  /** Of FITS; empty for other pictures. */
  readonly cards: readonly Card[]
  /**
   * Samples of rows `from` (inclusive) to `to` (exclusive), of all planes: plane by plane.
   * @param into memory of the caller's, where they are put if that spares new memory and they fit
   */
  rows(from: number, to: number, into?: ArrayBuffer): Promise<Samples>
  /** The same, the samples of each pixel side by side: of pictures that are decoded so, without turning them into planes. Their memory is the caller's. */
  pixels?(from: number, to: number): Promise<Samples>
  close(): Promise<void>
}

/** The picture is at fault, or what it claims to be. `code` is stable. */
export class ImageError extends Error {
  readonly code: 'not_an_image' | 'truncated' | 'too_large' | 'not_supported' | 'bad_header' | 'no_extension'
  readonly fault = 'caller'
  constructor(code: ImageError['code'], message: string) {
    super(message)
    this.code = code
  }
}
