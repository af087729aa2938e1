import { Type } from 'typebox'

export { callerOf } from '../../http/access.ts'

/** Who may call the laboratory; what of it is whose, each call finds out. */
export const analyst = { access: 'analyst' } as const

export const SessionId = Type.Object({ id: Type.String() })
export const OperationId = Type.Object({ id: Type.String(), op: Type.String() })

/** An operation as the older client has it. */
export const Op = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  status: Type.Enum(['PENDING', 'IN_PROGRESS', 'COMPLETED', 'FAILED']),
  message: Type.String(),
  operation_progress: Type.Number({ description: '0..1' }),
  output: Type.Unknown({
    description:
      'null until it has COMPLETED; then `{"output_files":[{"basename","source","type","large_url","small_url","fits_url"}]}`, and ' +
      '`output_data` of operations that have something to be drawn; of many operations together it is left out from where it ' +
      'would be too long, and each alone has it. The addresses are good for an hour.',
  }),
  input_data: Type.Unknown(),
  created: Type.String({ format: 'date-time' }),
})
export const Entries = Type.Array(Type.Unknown(), {
  description:
    '`{"type","source","basename"}`: `source` is `archive` or `datalab`, `basename` a frame as `device_camera_ms`, a file of the ' +
    'archive, an upload or an output; or `{"source":"archive","query":{"camera","from","to","state","every"}}`, which becomes the ' +
    'frames that it means. What else stands in an entry is kept.',
})
/** A data session as the older client has it. */
export const DataSession = Type.Object({
  id: Type.Integer(),
  operations: Type.Array(Op),
  user: Type.String({ description: 'whose it is' }),
  name: Type.String(),
  input_data: Entries,
  created: Type.String({ format: 'date-time' }),
  accessed: Type.String({ format: 'date-time' }),
  modified: Type.String({ format: 'date-time' }),
})
