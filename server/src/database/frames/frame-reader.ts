import { existsSync, readdirSync } from 'node:fs'
import { FramesFile, type StoredFrame } from './frames-file.ts'

/**
 * Reads frames straight from the files, synchronously: for threads and processes that may wait for the disk, never
 * for the server's event loop.
 */
export class FrameReader {
  readonly #folder: string
  readonly #open = new Map<string, FramesFile>()

  constructor(folder: string) {
    this.#folder = folder
  }

  /** The bytes of a stored frame, or null where they were pruned. */
  jpeg({ file, row }: Pick<StoredFrame, 'file' | 'row'>): Uint8Array | null {
    return this.#file(file)?.jpeg(row) ?? null
  }

  /** The frame of that id, or null. */
  find(camera: string, capturedAt: number): StoredFrame | null {
    const names = readdirSync(this.#folder).filter((name) => name.endsWith('.db'))
    for (const name of names.sort().reverse()) {
      const frame = this.#file(name)?.find(camera, capturedAt)
      if (frame) return frame
    }
    return null
  }

  close() {
    for (const file of this.#open.values()) file.close()
    this.#open.clear()
  }

  #file(name: string): FramesFile | null {
    let file = this.#open.get(name)
    if (!file) {
      if (!existsSync(`${this.#folder}/${name}`)) return null
      try {
        file = FramesFile.open(this.#folder, name, { readOnly: true })
      } catch (error) {
        // The day's new file exists an instant before its tables do: it holds no frame yet.
        if (/no such table/.test((error as Error).message)) return null
        throw error
      }
      this.#open.set(name, file)
    }
    return file
  }
}
