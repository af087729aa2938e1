import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { HttpError } from '../http/errors.ts'
import type { ReadLesson } from './lessons.ts'
import { olderJson } from './older-body.ts'
import { lessonOf, MOST_PARTS, ShapeError, tooManyPoints, type VectorLesson } from './training-data.ts'

/** Reads one body of `/training/post/train`, which may take seconds, and writes what is to be learned from as CSV. */

/** Characters that are written at once. */
const AT_ONCE = 1024 * 1024

const { body, dataset } = workerData as { body: string; dataset: string }
parentPort?.postMessage(answer())

function answer(): ReadLesson {
  try {
    const lesson = lessonOf(read())
    if (lesson.type === 'CAMERA') return lesson
    const { type, states } = lesson
    return { type, states, readings: write(lesson) }
  } catch (error) {
    if (!(error instanceof HttpError)) throw error
    const { status, code, message } = error
    return { status, code, message, why: error instanceof ShapeError ? error.why : null }
  }
}

function read() {
  try {
    return olderJson(readFileSync(body), MOST_PARTS)
  } catch (error) {
    throw error instanceof HttpError && error.code === 'too_many_parts' ? tooManyPoints() : error
  }
}

/** @returns how many readings there are */
function write({ columns, rows }: VectorLesson): number {
  const file = openSync(dataset, 'wx', 0o600)
  try {
    let text = `Label,${columns.join(',')}\n`
    let count = 0
    for (const { state, numbers } of rows()) {
      text += `${state},${numbers.join(',')}\n`
      count += 1
      if (text.length < AT_ONCE) continue
      writeSync(file, text)
      text = ''
    }
    writeSync(file, text)
    fsyncSync(file)
    return count
  } finally {
    closeSync(file)
  }
}
