/** What the laboratory answers, as far as the console reads it. Its names are those of the older client that it serves. */

/** A page of a list; `count` is of all pages. */
export interface Page<T> {
  count: number
  next: string | null
  previous: string | null
  results: T[]
}

/** Frames of a camera; times are milliseconds UTC. */
export interface FrameQuery {
  /** `device/camera` */
  camera: string
  from?: number
  to?: number
  state?: string
  /** Only the newest of each so many milliseconds. */
  every?: number
}

/** A picture by its name. */
export interface NamedEntry {
  type?: string
  source: string
  basename: string
  /** How it is stretched, and its colour, where an operation asks for that. */
  zmin?: number
  zmax?: number
  color?: string
}

export interface QueryEntry {
  type?: string
  source: 'archive'
  query: FrameQuery
}

export type Entry = NamedEntry | QueryEntry

export interface OutputFile {
  basename: string
  source: string
  type: 'fits' | 'image' | 'table' | 'json' | 'video'
  large_url?: string | null
  small_url?: string | null
  fits_url?: string | null
  tif_url?: string | null
  /** The file as whatever made it wrote it. */
  original_url?: string | null
  csv_url?: string | null
  json_url?: string | null
  video_url?: string | null
}

export interface OperationBody {
  id: number
  name: string
  status: 'PENDING' | 'IN_PROGRESS' | 'COMPLETED' | 'FAILED'
  message: string
  /** 0..1 */
  operation_progress: number
  output: { output_files?: OutputFile[]; output_data?: unknown } | null
  input_data: Record<string, unknown>
  created: string
}

export interface DataSessionBody {
  id: number
  name: string
  user: string
  input_data: NamedEntry[]
  operations: OperationBody[]
  created: string
  accessed: string
  modified: string
}

/** One thing that an operation asks for. */
export interface InputBody {
  name: string
  description: string
  type: string
  required?: boolean
  default?: string | number
  options?: string[]
  /** Of texts: it holds a value as JSON; of the second kind a text that is no JSON is that value itself. */
  format?: 'json' | 'json-or-text'
  /** Of numbers: bounds. Of pictures: how many. */
  minimum?: number
  maximum?: number
  include_custom_scale?: boolean
  color_picker?: boolean
}

export interface AvailableOperation {
  name: string
  /** For people, where that is another one. */
  title?: string
  description: string
  category: string
  inputs: Record<string, InputBody>
}

export type AvailableOperations = Record<string, AvailableOperation>

/** A picture of the archive: a frame, or a FITS file. */
export interface ArchiveFrame {
  id: string | number
  basename: string
  /** What it shows. */
  primary_optical_element: string | null
  /** The camera. */
  target_name: string | null
  observation_date: string | null
  thumbnails?: { size: string; url: string }[]
}

export interface UploadBody {
  basename: string
  source?: string
  type?: string
}

export interface RawData {
  height: number
  width: number
  /** How many samples lie at which values. */
  histogram: number[]
  bins: number[]
  zmin: number
  zmax: number
}

export interface LineProfile {
  line_profile: (number | null)[]
  arcsec?: number | null
  position_angle?: number | null
}
