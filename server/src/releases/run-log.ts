import { open } from 'node:fs/promises'
import { Type } from 'typebox'
import type { JobLineRow } from '../database/schema.ts'
import { shaped } from './read-json.ts'

const LineShape = Type.Object({ at: Type.Number(), level: Type.String(), text: Type.String() })

/** Its time is in milliseconds UTC. */
export type RunLine = Pick<JobLineRow, 'at' | 'level' | 'text'>
type Told = Pick<RunLine, 'at' | 'level'>

const MOST_BYTES = 1024 * 1024
const NEWLINE = 0x0a

/** The lines of a redeploy as they are written: each once, when it is whole. What is no line is left out. */
export class RunLog {
  readonly #file: string
  /** What was told before, in its order; null once something new was found. */
  #told: Told[] | null
  #offset = 0
  #rest = Buffer.alloc(0)

  /** @param told what was told of it before this start, and perhaps lines of others in between */
  constructor(file: string, told: Told[]) {
    this.#file = file
    this.#told = told
  }

  /** Those that were written since, a megabyte of them at most. */
  async next(): Promise<RunLine[]> {
    const bytes = Buffer.concat([this.#rest, await this.#read()])
    const end = bytes.lastIndexOf(NEWLINE) + 1
    this.#rest = bytes.subarray(end)
    return bytes
      .subarray(0, end)
      .toString()
      .split('\n')
      .map(lineOf)
      .filter((line) => line !== null)
      .filter((line) => !this.#wasTold(line))
  }

  async #read(): Promise<Buffer> {
    const file = await open(this.#file).catch(() => null) // nothing was said yet
    if (!file) return Buffer.alloc(0)
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(MOST_BYTES), 0, MOST_BYTES, this.#offset)
      this.#offset += bytesRead
      return buffer.subarray(0, bytesRead)
    } finally {
      await file.close()
    }
  }

  /** By their time: texts are cleaned when they are told, and each release cleans in its own way. */
  #wasTold({ at, level }: RunLine): boolean {
    const place = this.#told?.findIndex((told) => told.at === at && told.level === level) ?? -1
    this.#told = place === -1 ? null : (this.#told?.slice(place + 1) ?? null)
    return place !== -1
  }
}

function lineOf(text: string): RunLine | null {
  const line = shaped(text, LineShape)
  return (
    line && {
      at: line.at,
      level: line.level === 'warn' || line.level === 'error' ? line.level : 'info',
      text: line.text,
    }
  )
}
