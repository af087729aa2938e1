/** The parameter that is a picture in each task that has it (WIRE.md, section B), and the camera's frame where a task is run by itself. */
export const IMAGE_URL = '_imageURL'

/** What a task may take; whatever is more ends it. */
export interface Limits {
  /** From its start to its end, milliseconds. */
  ms: number
  /** Of it and all that it starts, together. */
  memoryBytes: number
  /** It and what it starts, at a time. */
  processes: number
  /** What it writes to the disk, and what it prints. */
  outputBytes: number
}

/** What a task sees of the folders of ajar, where mounts can be had for it alone. */
export interface View {
  /** Folders that are none of its business, as that of the data: it finds them empty. */
  hidden: readonly string[]
  /** What it needs of them nevertheless, as the folder of tasks. */
  shown: readonly string[]
}

export type Language = 'typescript' | 'python' | 'executable'

/** A parameter that is a picture of the archive: the task is given the path of a file that holds it. */
export interface PictureParam {
  name: string
  /** A list of paths. */
  isList: boolean
  required: boolean
}

/** JSON Schema of an object (2020-12): what a task takes. `format: "picture"` marks the parameters that are pictures. */
export type ParamsSchema = { type: 'object' } & Record<string, unknown>

/** One program of the tasks folder, as it is there now. */
export interface Task {
  /** As it is called: of its file or folder. */
  name: string
  language: Language
  /** For people; of its doc comment or manifest. */
  title: string
  description: string
  /** Null: it says nothing of its parameters, and takes any. */
  schema: ParamsSchema | null
  pictures: PictureParam[]
  limits: Limits
  /** Absent: as this process sees it. */
  view?: View | undefined
  /** What is started: a program and its first arguments; those of WIRE.md B come after them. */
  command: string[]
  /** Of all that it consists of: another one is another task. */
  fingerprint: string
  /** False: the same call comes to something else each time, and none is answered with what another one came to. */
  cached: boolean
  /** Its file or folder, from the tasks folder. */
  source: string
  /** Of the folder that AJAR_TASKS_DIR names, or laid beside ajar's; else it came with ajar. */
  isOperators: boolean
  /** The folder of tasks that nobody trusts, where it lies in one: it runs in a box. */
  untrusted?: string | undefined
}

/** One that cannot be called, and why: it harms no other. */
export interface BrokenTask {
  name: string
  source: string
  isOperators: boolean
  untrusted?: string | undefined
  error: string
}

/** What the process that runs a task is told of it. JSON. */
export interface ExternalTask
  extends Pick<Task, 'name' | 'command' | 'limits' | 'view' | 'pictures' | 'schema' | 'untrusted'> {
  /** What it is told besides its pictures; null: by the values of an operation's form. */
  params: Record<string, unknown> | null
}
