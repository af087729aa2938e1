import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { OperationError } from '../operation.ts'

export interface FilmOptions {
  /** In pixels, both even: H.264 keeps colours for each four pixels. */
  width: number
  height: number
  /** Pictures a second. */
  fps: number
  /** libx264's constant rate factor: lower is better and larger. */
  quality: number
}

/** Of what ffmpeg says the end tells why it gave up. */
const MOST_SAID = 4000
/** An encoder that takes no picture, or does not end, for so long is given up. */
const PATIENCE_MS = 120_000

/** A film in the making: ffmpeg takes its pictures one by one and writes an MP4 that plays before all of it is there. */
export class Film {
  readonly #process: ChildProcess
  readonly #pictures: Writable
  readonly #ended: Promise<number | null>
  #said = ''
  #failure: OperationError | null = null

  private constructor(process: ChildProcess) {
    this.#process = process
    this.#pictures = process.stdin as Writable
    // Where ffmpeg ends early, writing to it fails: how it ended says more.
    this.#pictures.on('error', () => {})
    process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-MOST_SAID)
    })
    this.#ended = new Promise((resolve) => {
      process.once('error', (error: NodeJS.ErrnoException) => {
        this.#failure = notStarted(error)
        resolve(null)
      })
      process.once('close', (code) => resolve(code))
    })
  }

  /** @param path a file that is made, or written over */
  static begin(path: string, { width, height, fps, quality }: FilmOptions): Film {
    const pictures = [
      '-f',
      'rawvideo',
      '-pix_fmt',
      'rgb24',
      '-video_size',
      `${width}x${height}`,
      '-framerate',
      `${fps}`,
    ]
    // Colours as television of high definition has them, and said so: players would have to guess.
    const colours = ['-vf', 'scale=out_color_matrix=bt709:out_range=tv', '-pix_fmt', 'yuv420p']
    const named = ['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709', '-color_range', 'tv']
    const encoder = ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', `${quality}`, '-threads', '2']
    const file = ['-movflags', '+faststart', '-f', 'mp4', '-y', path]
    const quiet = ['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'error']
    const all = [...quiet, ...pictures, '-i', 'pipe:0', '-an', ...colours, ...named, ...encoder, ...file]
    return new Film(spawn('ffmpeg', all, { stdio: ['pipe', 'ignore', 'pipe'] }))
  }

  /** Resolves when ffmpeg has room for another. @throws OperationError `no_ffmpeg` | `no_encoder` | `ffmpeg_failed` */
  async add(rgb: Uint8Array): Promise<void> {
    if (this.#process.exitCode !== null || this.#failure) throw await this.#whyEnded()
    if (this.#pictures.write(rgb)) return
    const waiting = new AbortController()
    const room = once(this.#pictures, 'drain', { signal: waiting.signal }).then(
      () => true,
      () => false,
    )
    const hasRoom = await this.#within(Promise.race([room, this.#ended.then(() => false)]))
    waiting.abort()
    if (!hasRoom) throw await this.#whyEnded()
  }

  /** Resolves when the film is whole. @throws as `add` */
  async end(): Promise<void> {
    this.#pictures.end()
    const code = await this.#within(this.#ended)
    if (code !== 0) throw await this.#whyEnded()
  }

  /** Gives it up; nothing where it has ended. */
  abandon() {
    this.#pictures.destroy()
    this.#process.kill('SIGKILL')
  }

  async #within<T>(promise: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const tooLate = new Promise<never>((_, reject) => {
      const text = `ffmpeg took nothing for ${PATIENCE_MS / 1000} seconds: the machine is busy, or its disk is slow`
      timer = setTimeout(() => reject(new OperationError('ffmpeg_stuck', text, 'environment')), PATIENCE_MS)
    })
    return Promise.race([promise, tooLate]).finally(() => clearTimeout(timer))
  }

  async #whyEnded(): Promise<OperationError> {
    const code = await this.#within(this.#ended)
    if (this.#failure) return this.#failure
    const said = this.#said.trim()
    if (/Unknown encoder/.test(said)) {
      const text = 'the ffmpeg of the job worker’s machine cannot write H.264: install one with libx264, as Debian’s is'
      return new OperationError('no_encoder', text, 'environment')
    }
    const how = code === null ? `was ended by ${this.#process.signalCode}` : `ended with ${code}`
    return new OperationError('ffmpeg_failed', `ffmpeg ${how}: ${said || 'it said nothing'}`, 'environment')
  }
}

function notStarted(error: NodeJS.ErrnoException): OperationError {
  const text =
    error.code === 'ENOENT'
      ? 'films are made by ffmpeg, which is not installed where the job worker runs: apt-get install ffmpeg there, then ask again'
      : `ffmpeg cannot be started: ${error.message}`
  return new OperationError('no_ffmpeg', text, 'environment')
}
