import { damaged, unsupported } from './damage.ts'
import { type HuffmanTable, huffmanTable, usualTable } from './huffman.ts'
import { type BlockOfMcu, decodeScan, MOST_BLOCKS, type ScanPlan, Unstuffing } from './scan.ts'

/** A grey picture, an eighth as wide and as high: each level is the mean of a block of 8 x 8 pixels, 0 to 255. */
export interface Luminance {
  width: number
  height: number
  levels: Uint8ClampedArray
}

/** Of 67 million pixels, more than any camera here has: judging a larger one would keep everything else waiting. */
const MOST_BLOCKS_OF_PICTURE = 1 << 20

interface Component {
  id: number
  across: number
  down: number
  quantisation: number
}

interface Frame {
  progressive: boolean
  width: number
  height: number
  components: Component[]
}

/**
 * Reads the luminance of JPEGs, only the DC coefficients of it: what a change of the scene moves, for a small part of the work
 * of decoding a picture. ITU-T T.81: baseline, extended of 8 bits, and progressive; the latter by its first scan of DC, to
 * within half a step of that scan. The first component is taken to be luminance, as it is in JFIF.
 *
 * One reader for one camera: it keeps its buffers and, as pictures of a camera mostly have the same ones, its tables.
 */
export class LuminanceReader {
  readonly #unstuffing = new Unstuffing()
  readonly #known = new Map<number, { definition: Uint8Array; table: HuffmanTable }>()

  /** Throws `damaged_jpeg` or `unsupported_jpeg` (environment). Takes at most memory in proportion to the picture's bytes. */
  read(jpeg: Uint8Array): Luminance {
    if (jpeg[0] !== 0xff || jpeg[1] !== 0xd8) throw damaged('it does not begin as one')
    const scales = new Map<number, number>()
    const tables = new Map<number, Uint8Array>()
    let frame: Frame | null = null
    let restartInterval = 0
    for (let at = 2; ; ) {
      const { marker, body, next } = segmentAt(jpeg, at)
      at = next
      if (marker === 0xdb) readScales(body, scales)
      else if (marker === 0xc4) readTables(body, tables)
      else if (marker === 0xdd) restartInterval = word(body, 0)
      else if (marker === 0xc0 || marker === 0xc1 || marker === 0xc2) frame = frameOf(body, marker === 0xc2)
      else if (marker >= 0xc3 && marker <= 0xcf && marker !== 0xc8 && marker !== 0xcc)
        throw unsupported(codingOf(marker))
      else if (marker === 0xda) {
        if (!frame) throw damaged('a scan before its frame')
        const plan = this.#planOf(body, frame, tables, restartInterval)
        // `segmentAt` looks for the next marker, so the data of a scan that is not asked for is stepped over by itself.
        if (plan) return this.#decode(jpeg, at, frame, plan, scales)
      }
    }
  }

  #decode(jpeg: Uint8Array, at: number, frame: Frame, plan: Plan, scales: Map<number, number>): Luminance {
    const [component] = frame.components as [Component]
    const scale = scales.get(component.quantisation)
    if (scale === undefined) throw damaged('no quantisation table of luminance')
    const { across, down } = sizeOf(frame, component)
    const [width, height] = [Math.ceil(across / 8), Math.ceil(down / 8)]
    if (width * height > MOST_BLOCKS_OF_PICTURE) throw unsupported(`${frame.width} x ${frame.height} pixels`)
    // Each block takes a bit at least: no header makes a small file a large picture.
    if (width * height > 8 * (jpeg.length - at)) throw damaged('it ends too early')
    const coefficients = new Int32Array(width * height)
    decodeScan(this.#unstuffing.run(jpeg, at), plan, { width, height, coefficients })
    // A.3.3: a DC coefficient is eight times the mean, and A.3.1: levels are shifted by 128. G.1.2.1: of the first scan of a
    // progressive picture the low bits are missing, on average half of what they can be.
    const half = plan.shift > 0 ? 1 << (plan.shift - 1) : 0
    const levels = new Uint8ClampedArray(width * height)
    for (let i = 0; i < levels.length; i++) {
      levels[i] = 128 + (((coefficients[i] as number) << plan.shift) + half) * (scale / 8)
    }
    return { width, height, levels }
  }

  #table(destination: number, definition: Uint8Array): HuffmanTable {
    const known = this.#known.get(destination)
    if (known && Buffer.compare(known.definition, definition) === 0) return known.table
    const table = huffmanTable(definition)
    this.#known.set(destination, { definition: definition.slice(), table })
    return table
  }

  /** What a scan header (B.2.3) says, or null where it is no scan with the DC coefficients of luminance. */
  #planOf(body: Uint8Array, frame: Frame, tables: Map<number, Uint8Array>, restartInterval: number): Plan | null {
    const count = byte(body, 0)
    if (count > 4) throw damaged('a scan of more components than there can be')
    const parts = Array.from({ length: count }, (_, i) => {
      const component = frame.components.find(({ id }) => id === byte(body, 1 + 2 * i))
      if (!component) throw damaged('a scan of a component that is not there')
      return { component, tables: byte(body, 2 + 2 * i) }
    })
    const [spectralStart, , approximation] = [0, 1, 2].map((i) => byte(body, 1 + 2 * count + i)) as [
      number,
      number,
      number,
    ]
    const [luminance] = frame.components
    if (spectralStart > 0 || !parts.some(({ component }) => component === luminance)) return null
    if (approximation >> 4 > 0) throw damaged('a refinement before what it refines')
    const table = (kind: 'dc' | 'ac', destination: number): HuffmanTable => {
      const key = (kind === 'ac' ? 0x10 : 0) | destination
      const definition = tables.get(key) ?? usualTable(kind, destination)
      if (!definition) throw damaged('a scan whose Huffman table is missing')
      return this.#table(key, definition)
    }
    // A.2.2 and A.2.3: a scan of one component has one block in an MCU, whatever its sampling.
    const alone = parts.length === 1
    const blocks = parts.flatMap(({ component, tables }): BlockOfMcu[] => {
      const of = { dc: table('dc', tables >> 4), ac: frame.progressive ? null : table('ac', tables & 0xf) }
      const [across, down] = alone ? [1, 1] : [component.across, component.down]
      return Array.from({ length: across * down }, (_, i) => ({
        ...of,
        place: component === luminance ? { x: i % across, y: Math.floor(i / across) } : null,
      }))
    })
    if (blocks.length > MOST_BLOCKS) throw damaged('a scan of more blocks than there can be')
    const { component } = parts.find(({ component }) => component === luminance) as (typeof parts)[number]
    const pixels = alone ? sizeOf(frame, component) : { across: frame.width, down: frame.height }
    const [mostAcross, mostDown] = alone ? [1, 1] : mostSampled(frame)
    return {
      blocks,
      mcusAcross: Math.ceil(pixels.across / (8 * mostAcross)),
      mcusDown: Math.ceil(pixels.down / (8 * mostDown)),
      mcuWidth: alone ? 1 : component.across,
      mcuHeight: alone ? 1 : component.down,
      restartInterval,
      shift: frame.progressive ? approximation & 0xf : 0,
    }
  }
}

/** `shift`: the bits that a progressive scan leaves to later ones (the point transform, G.1.2.1). */
type Plan = ScanPlan & { shift: number }

/** The next marker at or behind `at`, with what belongs to it (B.1.1.4). */
function segmentAt(jpeg: Uint8Array, at: number): { marker: number; body: Uint8Array; next: number } {
  for (let from = at; ; ) {
    const found = jpeg.indexOf(0xff, from)
    const marker = found < 0 ? undefined : jpeg[found + 1]
    if (marker === undefined || marker === 0xd9) throw damaged('it has no picture')
    from = found + (marker === 0xff ? 1 : 2)
    // Stuffed zeros and fill bytes, and markers that stand alone: TEM, restarts, SOI.
    if (marker === 0x00 || marker === 0xff || marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) continue
    const length = word(jpeg, from)
    if (length < 2 || from + length > jpeg.length) throw damaged('a segment ends too early')
    return { marker, body: jpeg.subarray(from + 2, from + length), next: from + length }
  }
}

/** B.2.4.2. Only definitions: a picture may have thousands of tables that no scan uses, and making one takes a while. */
function readTables(body: Uint8Array, tables: Map<number, Uint8Array>): void {
  for (let at = 0; at < body.length; ) {
    const destination = byte(body, at)
    let size = 16
    for (let i = 1; i <= 16; i++) size += byte(body, at + i)
    const definition = body.subarray(at + 1, at + 1 + size)
    if (definition.length < size) throw damaged('a Huffman table ends too early')
    tables.set(destination, definition)
    at += 1 + size
  }
}

/** B.2.4.1: of each table only the first element is of use, the step of the DC coefficient. */
function readScales(body: Uint8Array, scales: Map<number, number>): void {
  for (let at = 0; at < body.length; ) {
    const wide = byte(body, at) >> 4 === 1
    scales.set(byte(body, at) & 0xf, wide ? word(body, at + 1) : byte(body, at + 1))
    at += wide ? 129 : 65
  }
}

/** B.2.2 */
function frameOf(body: Uint8Array, progressive: boolean): Frame {
  if (byte(body, 0) !== 8) throw unsupported('more than 8 bits a sample')
  const [height, width, count] = [word(body, 1), word(body, 3), byte(body, 5)]
  if (height === 0) throw unsupported('its height stands at its end')
  if (width === 0 || count === 0) throw damaged('a picture of no size')
  const components = Array.from({ length: count }, (_, i): Component => {
    const sampling = byte(body, 7 + 3 * i)
    const [across, down] = [sampling >> 4, sampling & 0xf]
    if (across < 1 || across > 4 || down < 1 || down > 4) throw damaged('a sampling factor that is none')
    return { id: byte(body, 6 + 3 * i), across, down, quantisation: byte(body, 8 + 3 * i) }
  })
  return { progressive, width, height, components }
}

function mostSampled({ components }: Frame): [across: number, down: number] {
  return [Math.max(...components.map(({ across }) => across)), Math.max(...components.map(({ down }) => down))]
}

/** A.1.1: the samples of a component. */
function sizeOf(frame: Frame, { across, down }: Component): { across: number; down: number } {
  const [mostAcross, mostDown] = mostSampled(frame)
  return { across: Math.ceil((frame.width * across) / mostAcross), down: Math.ceil((frame.height * down) / mostDown) }
}

/** Table B.1 */
function codingOf(marker: number): string {
  return marker >= 0xc9 ? 'arithmetic coding' : marker === 0xc3 ? 'lossless' : 'hierarchical'
}

function byte(bytes: Uint8Array, at: number): number {
  const found = bytes[at]
  if (found === undefined) throw damaged('a segment ends too early')
  return found
}

function word(bytes: Uint8Array, at: number): number {
  return (byte(bytes, at) << 8) | byte(bytes, at + 1)
}
