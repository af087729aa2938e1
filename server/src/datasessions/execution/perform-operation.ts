import { mkdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ImageError, type ImageReader, loadImage, openImage } from '@ajar/images'
import { FrameReader } from '../../database/frames/frame-reader.ts'
import type { StoredFrame } from '../../database/frames/frames-file.ts'
import {
  type InputFields,
  type InputFile,
  type Inputs,
  type Operation,
  OperationError,
  type OperationWork,
} from '../operation.ts'
import { Outputs } from './outputs.ts'
import {
  type Made,
  type OperationProgress,
  type OperationTask,
  OUT,
  SCRATCH,
  type SomeFiles,
} from './perform-messages.ts'
import { Provenance } from './provenance.ts'

const REPORT_MS = 250
/** A program that wants all of a file's bytes at once has them up to here. */
const MOST_BYTES = 1024 ** 3
/** Trouble of a disk or a system that passes (errno(3)). */
const PASSING = new Set(['ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'EMFILE', 'ENFILE', 'ENOMEM'])

type Tell = (message: OperationProgress) => Promise<void>

/**
 * The task that does one operation, in a process of its own.
 * @param operations those of ajar
 * @param external makes an operation of what was declared as `Operation.external`
 */
export function performOperation(operations: readonly Operation[], external?: (declared: object) => Operation) {
  return async (task: OperationTask, inputs: AsyncIterable<SomeFiles>, tell: Tell): Promise<Made> => {
    const operation = task.external ? external?.(task.external) : operations.find(({ name }) => name === task.operation)
    if (!operation) throw new Error(`there is no operation ${task.operation}: server and worker are not of one release`)
    const given: Record<string, unknown> = { ...task.values }
    for (const field of task.fileFields) given[field] = []
    for await (const { field, files } of inputs) (given[field] as InputFile[]).push(...files)
    await mkdir(join(task.folder, OUT), { recursive: true, mode: 0o700 })
    await mkdir(join(task.folder, SCRATCH), { recursive: true, mode: 0o700 })
    const frames = new FrameReader(task.framesFolder)
    const files = task.fileFields.flatMap((field) => given[field] as InputFile[])
    const provenance = new Provenance({ operation: operation.name, values: task.values, files })
    const outputs = new Outputs(task.folder, task.mostBytes, provenance)
    try {
      await operation.perform(given as Inputs<InputFields>, workOf(task, frames, outputs, provenance, tell))
      return outputs.made()
    } catch (error) {
      throw describe(error)
    } finally {
      frames.close()
    }
  }
}

function workOf(
  task: OperationTask,
  frames: FrameReader,
  outputs: Outputs,
  provenance: Provenance,
  tell: Tell,
): OperationWork {
  let reportedAt = Number.NEGATIVE_INFINITY
  const from = (file: InputFile) => ('path' in file.at ? file.at.path : jpegOf(frames, file))
  const open = async (file: InputFile): Promise<ImageReader> => {
    const reader = await openImage(from(file), { name: file.basename })
    provenance.saw(file, reader.cards)
    return reader
  }
  return {
    open,
    load: (file) => loadImage(from(file), { name: file.basename, onHeader: (cards) => provenance.saw(file, cards) }),
    async bytes(file) {
      if (!('path' in file.at)) return jpegOf(frames, file)
      const { size } = await stat(file.at.path)
      if (size > MOST_BYTES) throw new OperationError('too_large', `${file.basename} has more than ${MOST_BYTES} bytes`)
      return readFile(file.at.path)
    },
    async size(file) {
      return 'path' in file.at ? (await stat(file.at.path)).size : frameOf(frames, file).size
    },
    scratch: join(task.folder, SCRATCH),
    takeRoom: (bytes) => outputs.takeRoom(bytes),
    modelsFolder: task.modelsFolder,
    engine: task.engine,
    cameras: task.cameras,
    async report(fraction) {
      if (performance.now() - reportedAt < REPORT_MS) return
      reportedAt = performance.now()
      await tell({ fraction })
    },
    fits: (name, image, options) => outputs.fits(name, image, options),
    picture: (name, image, options) => outputs.picture(name, image, options),
    table: (name, columns, rows, options) => outputs.table(name, columns, rows, options),
    json: (name, value) => outputs.json(name, value),
    jsonFile: (name, path) => outputs.jsonFile(name, path),
    video: (name, path, poster) => outputs.video(name, path, poster),
    data: (value) => outputs.data(value),
  }
}

function jpegOf(frames: FrameReader, file: InputFile): Uint8Array {
  return frames.jpeg(frameOf(frames, file)) ?? gone(file)
}

function frameOf(frames: FrameReader, file: InputFile): StoredFrame {
  const { at } = file
  return ('frame' in at ? frames.find(at.frame.camera, at.frame.capturedAt) : null) ?? gone(file)
}

/** It went in this instant: asked for again, that is found out before anything begins. */
function gone({ basename }: InputFile): never {
  throw Object.assign(new Error(`${basename} is not there any more`), { code: 'frame_gone', fault: 'us' })
}

/** Whose fault it is, where what failed does not say it. */
function describe(error: unknown): unknown {
  if (error instanceof OperationError || error instanceof ImageError) return error
  const { code, message } = error as NodeJS.ErrnoException
  if (typeof code === 'string' && PASSING.has(code))
    return Object.assign(new Error(`the disk or the system refuses (${message})`), { code, fault: 'environment' })
  return error
}
