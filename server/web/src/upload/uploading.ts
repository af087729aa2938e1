import { type ReadonlySignal, signal } from '@preact/signals'

/** How far a file has come. */
export type UploadStep =
  | { step: 'idle' }
  | { step: 'sending'; name: string /** 0..1 */; sent: number }
  | { step: 'taken'; name: string }
  | { step: 'failed'; name: string; message: string }

/** Sends a file. @param onSent told of the share that is sent, 0..1 @throws ApiError */
export type SendFile<T> = (file: File, onSent: (share: number) => void, signal: AbortSignal) => Promise<T>

export interface UploadingPorts<T> {
  /** Bytes; null where the server alone knows. */
  most: number | null
  /** What the file's name ends in; a zip unless told. */
  type?: FileType
  send: SendFile<T>
  onTaken(answer: T): void
}

const MB = 1024 * 1024

export type FileType = keyof typeof REFUSALS
const REFUSALS = {
  zip: 'is no zip: pack it, then choose the zip.',
  csv: 'is no CSV: save it as one, then choose that.',
}

/** A file on its way to the server: one at a time, refused here already where the server would have to. */
export class Uploading<T> {
  readonly #ports: UploadingPorts<T>
  readonly #step = signal<UploadStep>({ step: 'idle' })
  #ending: AbortController | null = null

  constructor(ports: UploadingPorts<T>) {
    this.#ports = ports
  }

  get step(): ReadonlySignal<UploadStep> {
    return this.#step
  }

  async begin(file: File) {
    if (this.#ending) return
    const { name } = file
    const fault = fileFault(file, this.#ports.most, this.#ports.type)
    if (fault !== null) {
      this.#step.value = { step: 'failed', name, message: fault }
      return
    }
    const ending = new AbortController()
    this.#ending = ending
    this.#step.value = { step: 'sending', name, sent: 0 }
    try {
      const answer = await this.#ports.send(file, (sent) => this.#progress(ending, name, sent), ending.signal)
      this.#step.value = { step: 'taken', name }
      this.#ports.onTaken(answer)
    } catch (error) {
      this.#step.value = ending.signal.aborted
        ? { step: 'idle' }
        : { step: 'failed', name, message: (error as Error).message }
    }
    this.#ending = null
  }

  cancel() {
    this.#ending?.abort()
  }

  #progress(of: AbortController, name: string, sent: number) {
    if (of === this.#ending && !of.signal.aborted) this.#step.value = { step: 'sending', name, sent }
  }
}

/** What is wrong with a file before it is sent, or null. */
export function fileFault(
  { name, size }: Pick<File, 'name' | 'size'>,
  most: number | null,
  type: FileType = 'zip',
): string | null {
  if (!name.toLowerCase().endsWith(`.${type}`)) return `${name} ${REFUSALS[type]}`
  if (size === 0) return `${name} is empty.`
  if (most !== null && size > most) return `${name} has ${inMB(size)}: ${inMB(most)} are the most.`
  return null
}

function inMB(bytes: number): string {
  return `${Math.ceil((bytes / MB) * 10) / 10} MB`
}
