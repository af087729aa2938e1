import { type Static, Type } from 'typebox'
import type { Message } from '../program.ts'
import type { RunRead } from '../runs/run.ts'

/** What older clients read, with the names that they know. */

export const Answered = Type.Object({
  identifier: Type.String({ description: 'of the run, a UUID; empty where it is refused' }),
  message: Type.String({ description: '`Pending`; or why it is refused, for people' }),
})

/** What was wrong, so that older clients and newer ones both find it. */
export const Refused = Type.Object(
  {
    identifier: Type.Literal(''),
    message: Type.String(),
    error: Type.Object({ code: Type.String(), message: Type.String() }, { additionalProperties: true }),
  },
  { description: 'What was wrong, and what to do.' },
)

const KINDS = ['console', 'stdout', 'stderr', 'lab', 'internal_error'] as const

export const Output = Type.Object({
  output: Type.Array(
    Type.Object({
      msg: Type.Object({
        type: Type.Enum([...KINDS]),
        data: Type.Unknown({
          description:
            'a line; of `lab`: `{"success","cases":{"0":{"in":[],"out","actual","status":"Success|Failed"}}}`',
        }),
      }),
      ref: Type.Optional(Type.String({ description: 'number of the case of a lab that says it' })),
    }),
  ),
  status: Type.Integer({ description: 'exit code; 0 as long as it runs' }),
  completed: Type.Boolean({ description: 'it has ended, and nothing comes after this' }),
  message: Type.Enum(['PENDING', 'SUCCESS', 'FAILURE']),
})

/** One message over a WebSocket: lines that have their case in common. */
export interface Frame {
  output: { type: Message['type']; data: unknown }[]
  status: number
  completed: boolean
  message: string
  ref?: string
}

/** Of a run that is not there any more, or never was: whoever asks again and again has an end. */
export const GONE: RunRead = {
  messages: [
    {
      type: 'internal_error',
      data: 'There is no such run: runs are kept for an hour after their end. Run the program again.',
    },
  ],
  ...{ status: 1, completed: true, message: 'FAILURE' },
}

/** As the older client polls it. */
export function shownOutput({ messages, ...state }: RunRead): Static<typeof Output> {
  const output = messages.map(({ ref, ...message }) => ({
    msg: { type: message.type, data: dataOf(message) },
    ...(ref === undefined ? {} : { ref }),
  }))
  return { output, ...state }
}

/** As it comes over a WebSocket; the last frame alone says that the run has ended. */
export function framesOf({ messages, status, completed, message }: RunRead): Frame[] {
  const frames: Frame[] = []
  let last: { ref: string | undefined; frame: Frame } | undefined
  for (const { ref, ...each } of messages) {
    if (!last || last.ref !== ref) {
      const frame: Frame = { output: [], status: 0, completed: false, message: 'PENDING', ...(ref ? { ref } : {}) }
      last = { ref, frame }
      frames.push(frame)
    }
    last.frame.output.push({ type: each.type, data: dataOf(each) })
  }
  if (!completed) return frames
  // What belongs to the run as a whole stands in a frame of its own behind those of a case.
  if (!last || last.ref !== undefined) frames.push({ output: [], status, completed, message })
  else Object.assign(last.frame, { status, completed, message })
  return frames
}

/** Of a request that is refused: the later client shows what stands in `output`. */
export function refusalFrame(why: string): Frame & { identifier: '' } {
  return { identifier: '', output: [{ type: 'internal_error', data: why }], status: 1, completed: true, message: why }
}

function dataOf({ type, data }: Pick<Message, 'type' | 'data'>): unknown {
  return type === 'lab' ? JSON.parse(data) : data
}
