import { Type } from 'typebox'

/** What a task is told by whoever has it run by itself: on a schedule, or on a transition. Its camera's frame is its picture. */
export const TaskParams = Type.Object(
  {
    task: Type.String({ minLength: 1, maxLength: 60, description: 'as GET /api/tasks names it' }),
    params: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), { description: 'besides its picture, as the task declares them' }),
    ),
    readings: Type.Optional(
      Type.Record(Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,31}$' }), Type.String({ maxLength: 200 }), {
        maxProperties: 20,
        additionalProperties: false, // names that are none of sensors
        description:
          "sensors of the camera's device, and where in the JSON result the value of each stands (RFC 6901: `/noise`); " +
          'of a list its length. Left out: every number at the top of the result, as `<camera>-<name>`',
      }),
    ),
  },
  { additionalProperties: false },
)
