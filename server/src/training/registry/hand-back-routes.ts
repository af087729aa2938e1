import { createHash } from 'node:crypto'
import { Type } from 'typebox'
import type { Sources } from '../../devices/sources.ts'
import { HttpError } from '../../http/errors.ts'
import type { Http } from '../../http/http.ts'
import { LEARNERS } from '../../http/nouns.ts'
import { zipOf } from './archive.ts'
import type { ModelRegistry } from './model-registry.ts'

export interface HandBackPorts {
  sources: Sources
  registry: ModelRegistry
}

const ZIP = 'application/zip'
const MANIFEST = 'manifest.json'
/** A gateway that asks each minute is told at once, and no cache in between answers for the server. */
const ASK_AGAIN = 'no-cache'

/** What a gateway fetches to classify by itself: the model that its camera or sensor is asked with now. */
export function handBackRoutes(http: Http, { sources, registry }: HandBackPorts) {
  for (const noun of LEARNERS)
    http.get(
      `${noun.path}/model`,
      {
        config: { access: 'viewer' },
        schema: {
          summary: `The active model of ${noun.one} as a zip, for a gateway that classifies by itself`,
          description:
            'The header `ajar-model` names it, and `ajar-model-sha256` is the sha256 of its manifest.json, which has that ' +
            'of every other file. It is also the ETag: with `If-None-Match` the answer is 304 until another model is ' +
            'active. Where none is: 404 `no_model`. docs/devices.md says what is in it and how it is used.',
          produces: [ZIP],
          params: noun.params,
          headers: Type.Object({ 'if-none-match': Type.Optional(Type.String({ maxLength: 1000 })) }),
        },
      },
      async ({ params, headers }, reply) => {
        const { activeModel: model } = sources.judged(sources.at(noun, params).id)
        if (model === null)
          throw new HttpError(404, 'no_model', `${noun.one} without a model: label some of what it took, and train`)
        const files = await registry.filesOf(model).catch(damaged)
        const sum = sha256(files.get(MANIFEST) ?? new Uint8Array())
        const etag = `"${sum}"`
        reply
          .header('etag', etag)
          .header('cache-control', ASK_AGAIN)
          .header('ajar-model', model)
          .header('ajar-model-sha256', sum)
        if (isKnown(headers['if-none-match'], etag)) return reply.status(304).send()
        await registry.load(model).catch(damaged) // what is handed out is whole
        return reply
          .header('content-type', ZIP)
          .header('content-disposition', `attachment; filename="${model.replaceAll(/[/@]/g, '-')}.zip"`)
          .send(await zipOf(files))
      },
    )
}

/** RFC 9110, 13.1.2: a list of tags, weak ones count, and `*` is any. */
function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  const tags = (ifNoneMatch ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return tags.includes(etag) || tags.includes('*')
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function damaged(error: Error): never {
  throw new HttpError(409, 'model_damaged', error.message)
}
