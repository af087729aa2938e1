import type { Card, Image, ImageReader } from '@ajar/images'
import type { Mask } from '@ajar/models'

/** One thing that an operation wants to be told. What is declared here is checked, described, documented and drawn as a form. */
export type InputField = FilesField | NumberField | TextField | ChoiceField

interface Named {
  /** For people. */
  name: string
  description: string
  /** False: it may be left out, and is `undefined` then, or `default`. */
  required?: boolean
}

/** Pictures. */
export interface FilesField extends Named {
  /** `image`: only pictures with colours make sense; both take whatever decodes. */
  type: 'fits' | 'image'
  /** How many entries are taken. A query counts as one entry, and may stand for `MOST_FRAMES` frames. */
  minimum: number
  maximum: number
  /** Of the older client: all of one filter; which; whether a stretch may be given with each (`zmin`, `zmax`); a colour for each. */
  single_filter?: boolean
  filter_options?: string[]
  include_custom_scale?: boolean
  color_picker?: boolean
  name_lookup?: string
}

export interface NumberField extends Named {
  type: 'int' | 'float'
  /** Inclusive. */
  minimum?: number
  maximum?: number
  default?: number
}

export interface TextField extends Named {
  type: 'string'
  maxLength?: number
  /** It holds a value as JSON; of the second kind a text that is no JSON is that value itself. Nothing of it: left out. */
  format?: 'json' | 'json-or-text'
  default?: string
}

export interface ChoiceField extends Named {
  type: 'select'
  options: string[]
  default?: string
}

export type InputFields = Record<string, InputField>

/** A picture that an operation was given, as it was found. */
export interface InputFile {
  basename: string
  source: 'archive' | 'datalab'
  /** Where its bytes are: a frame in the frames files, or a file on the disk. */
  at: { frame: { camera: string; capturedAt: number } } | { path: string }
  /** Of frames: what was recorded of it. */
  recorded: { state: string; confidence: number | null } | null
  /** What the caller said with the entry: stretch and colour. */
  zmin?: number
  zmax?: number
  color?: string
}

type Value<F extends InputField> = F extends FilesField
  ? InputFile[]
  : F extends NumberField
    ? number
    : F extends ChoiceField
      ? F['options'][number]
      : string
type Given<F extends InputField> = F extends { default: string | number }
  ? Value<F>
  : F extends { required: false }
    ? Value<F> | undefined
    : Value<F>
/** What `perform` is handed, by what was declared. */
export type Inputs<Fields extends InputFields> = { [Key in keyof Fields]: Given<Fields[Key]> }

/** A camera as it was when the operation began. */
export interface CameraThen {
  /** `device/camera@version` */
  activeModel: string | null
  /** In the order in which they are shown. */
  states: string[]
  /** Less confidence is `unknown`. */
  threshold: number
  masks: Mask[]
}

/** One value of a table. Numbers are finite. */
export type Cell = string | number | boolean | null

/** What there is of a file besides what ajar makes of it. */
export interface FileOptions {
  /** What it was made of, a file below `scratch`: it is kept too, as it is, and had as the form `original`, which ends so. */
  original?: { path: string; ending: `.${string}` }
}

export interface TableOptions extends FileOptions {
  /** Numbers with all the digits that they have: without, what summing left behind their fifteenth is not written. */
  exact?: boolean
}

/** How a measured picture is written. When, by what and of which files it was made is said in its header by itself. */
export interface FitsOptions extends FileOptions {
  cards?: Card[]
  stretch?: 'zscale' | null
  /** The inputs that it was made of, where these are not all of them. */
  of?: readonly InputFile[]
  /** Inputs that had a part in it, but do not say when it was taken. */
  besides?: readonly InputFile[]
  /** Whether its samples have the unit (BUNIT) of the inputs. */
  keepsUnit?: boolean
}

/** What an operation works with. It runs in a process of its own, which may wait, and which is killed to end it. */
export interface OperationWork {
  /** Opens a picture; its rows come as they are asked for. Close it. @throws ImageError */
  open(file: InputFile): Promise<ImageReader>
  /** All of a picture at once. @throws ImageError */
  load(file: InputFile): Promise<Image>
  /** The bytes as they are stored, for programs that read them themselves. */
  bytes(file: InputFile): Promise<Uint8Array>
  /** How many bytes `bytes` would give, without reading them. */
  size(file: InputFile): Promise<number>
  /** A folder for what is needed meanwhile; gone afterwards. */
  scratch: string
  /** Before so many bytes are written to `scratch`: what it makes has that much less room. @throws Error `no_room`, `disk_full` */
  takeRoom(bytes: number): void
  /** Where the models lie, for operations that ask one. */
  modelsFolder: string
  engine: string
  /** Of the frames among the inputs, by id, `device/camera`; none where they have none. */
  cameras?: Readonly<Record<string, CameraThen>>
  /** @param fraction 0..1 of the whole */
  report(fraction: number): Promise<void>
  /** Measured pictures: FITS, and JPEGs of it, stretched as `stretch` says (null: samples are shown as they are, 0..255). */
  fits(name: string, image: Image, options?: FitsOptions): Promise<void>
  /** A picture to look at, 8 or 16 bits a sample: TIFF, and JPEGs of it. */
  picture(name: string, image: Image, options?: FileOptions): Promise<void>
  /** A table, each row with the same columns. Rows are written as they come. */
  table(
    name: string,
    columns: readonly string[],
    rows: Iterable<readonly Cell[]> | AsyncIterable<readonly Cell[]>,
    options?: TableOptions,
  ): Promise<void>
  json(name: string, value: unknown): Promise<void>
  /** JSON that a program has written to `path`, below `scratch`. */
  jsonFile(name: string, path: string): Promise<void>
  /** A film that a program has written to `path`, below `scratch`; `poster` stands for it where it is not played. */
  video(name: string, path: string, poster?: Image): Promise<void>
  /** What stands in `output_data` of the answer: small things that a client draws itself. */
  data(value: unknown): void
}

/** A computation over pictures of a data session. One file each, and a line in `operations.ts`. */
export interface Operation<Fields extends InputFields = InputFields> {
  /** As it is asked for, `Median`. */
  name: string
  /** For people, where that is another one. */
  title?: string
  description: string
  category: 'image' | 'analysis' | 'video' | 'task'
  inputs: Fields
  /**
   * What its result depends on besides what it was told, its pictures and their names, and what is therefore part of
   * the result's key: what was recorded of frames, and how their cameras are set.
   */
  dependsOn?: readonly ('recorded' | 'cameras')[]
  /** Another one where the same comes to something else than before: what was kept of it is not shown any more then. */
  version?: number | string
  /**
   * What the process is told to do in place of an operation of ours: a task of the tasks folder (`tasks/perform/`). JSON.
   * What it says of a failure holds for this once: it is not remembered.
   */
  external?: object
  /** Where the same comes to something else each time: its results are shown to nobody who asks again. */
  isFresh?: boolean
  /**
   * What is wrong with inputs each of which may be as it is: in words, by name; null where nothing is.
   * @param given what was asked for; what was left out is not in it
   */
  wrongTogether?(given: Readonly<Record<string, unknown>>): Promise<Record<string, string[]> | null>
  /**
   * Whether a field takes so many pictures, where that is more than its `minimum` and `maximum` say: asked once queries are
   * frames. What was left out is not asked about.
   * @returns what is wrong, in words, or null
   */
  wrongPictures?(field: string, files: readonly InputFile[]): string | null
  /** @throws OperationError, ImageError where the inputs are at fault */
  perform(inputs: Inputs<Fields>, work: OperationWork): Promise<void>
}

/** Declares an operation: the types of its inputs follow from what it declares. */
export function operation<const Fields extends InputFields>(declared: Operation<Fields>): Operation {
  return declared as unknown as Operation
}

/** What is wrong with what an operation was given, and what to do. It fails the same way again. */
export class OperationError extends Error {
  readonly code: string
  readonly fault: 'caller' | 'environment'
  constructor(code: string, message: string, fault: 'caller' | 'environment' = 'caller') {
    super(message)
    this.code = code
    this.fault = fault
  }
}
