import { frameId } from '@ajar/protocol'
import { Type } from 'typebox'
import { callerName } from '../http/access.ts'
import type { Http } from '../http/http.ts'
import { FramePath } from '../http/shapes.ts'
import type { Labels } from './labels.ts'

const Label = Type.Object({ frame: Type.String(), state: Type.String() }, { additionalProperties: false })
const strict = { additionalProperties: false }

export function labelRoutes(http: Http, labels: Labels) {
  http.put(
    '/api/frames/:device/:camera/:capturedAtMs/label',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Say what a frame shows',
        params: FramePath,
        body: Type.Object({ state: Type.String() }, strict),
        response: { 200: Label },
      },
    },
    async (request) => {
      const label = { frame: frameId(request.params), state: request.body.state }
      await labels.put([label], callerName(request))
      return label
    },
  )

  http.delete(
    '/api/frames/:device/:camera/:capturedAtMs/label',
    { config: { access: 'operator' }, schema: { summary: 'Take a label back', params: FramePath } },
    async (request, reply) => {
      await labels.remove(request.params)
      return reply.status(204).send()
    },
  )

  http.post(
    '/api/labels',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Label many frames, all or none',
        body: Type.Object({ labels: Type.Array(Label, { minItems: 1, maxItems: 1000 }) }, strict),
        response: { 200: Type.Object({ labelled: Type.Integer() }) },
      },
    },
    async (request) => {
      await labels.put(request.body.labels, callerName(request))
      return { labelled: request.body.labels.length }
    },
  )
}
