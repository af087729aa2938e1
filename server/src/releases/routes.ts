import { Type } from 'typebox'
import { callerName } from '../http/access.ts'
import type { Http } from '../http/http.ts'
import { JobBody, shownJob } from '../http/job-body.ts'
import { iso, isoOrNull, listOf, NullableTime, nullable, Time } from '../http/shapes.ts'
import type { Releases } from './open-releases.ts'

const NullableText = nullable(Type.String())

const ReleaseBody = Type.Object({
  id: Type.String(),
  version: Type.String(),
  ref: nullable(Type.String({ description: 'the tag, branch or commit that was asked for' })),
  commit: NullableText,
  signer: nullable(Type.String({ description: 'who signed it, by the file of allowed signers' })),
  state: Type.Enum(['good', 'bad', 'new', 'unknown'], {
    description:
      'good: it was kept; bad: it went back, or did not start; new: not tried yet; unknown: installed by hand',
  }),
  reason: nullable(Type.String({ description: 'why it is bad' })),
  madeAt: Time,
  deployedAt: NullableTime,
  isCurrent: Type.Boolean({ description: 'it answers this call' }),
  isTrusted: Type.Boolean({ description: 'it was kept last' }),
})

const ReleasesBody = Type.Interface([listOf(ReleaseBody)], {
  redeployable: Type.Boolean({ description: 'whether somebody is there who would put another release in its place' }),
  current: nullable(Type.String({ description: 'the release that answers; null: a checkout' })),
  remote: nullable(Type.String({ description: 'the repository that releases come from, without secrets' })),
  unsigned: Type.Boolean({ description: 'whether what nobody signed may run' }),
  redeploy: nullable(Type.String({ description: 'the job of the redeploy that has not ended' })),
})

const RedeployBody = Type.Object(
  {
    ref: Type.Optional(
      nullable(Type.String({ description: 'a tag, a branch or a commit; without it, the newest version tag' })),
    ),
    release: Type.Optional(
      nullable(Type.String({ description: 'the id of a release that is there, instead of a ref' })),
    ),
    force: Type.Optional(Type.Boolean({ default: false, description: 'also one that is marked bad' })),
  },
  { additionalProperties: false },
)

export function releaseRoutes(http: Http, releases: Releases) {
  http.get(
    '/api/releases',
    {
      config: { access: 'operator' },
      schema: { summary: 'Releases on this machine, the newest first', response: { 200: ReleasesBody } },
    },
    async () => {
      const { isRedeployable, current, remote, unsigned, redeploys } = releases
      const items = (await releases.list()).map((release) => ({
        ...release,
        madeAt: iso(release.madeAt),
        deployedAt: isoOrNull(release.deployedAt),
        isCurrent: release.id === current,
      }))
      const redeploy = (await redeploys.running())?.id ?? null
      return { items, next: null, redeployable: isRedeployable, current, remote, unsigned, redeploy }
    },
  )

  http.post(
    '/api/redeploy',
    {
      config: { access: 'admin' },
      // A call without a body asks for the newest version.
      preValidation: async (request) => {
        request.body ??= {}
      },
      schema: {
        summary: 'Deploy a release; answers with the job, which goes on over the restart',
        description:
          'It is fetched from AJAR_RELEASE_REMOTE_URL, its signature is checked, it is installed beside what runs and tried ' +
          'on a copy of the data; then it is switched to, and switched back where it does not answer well. Only one at a ' +
          'time (409 `redeploy_running`); once accepted it cannot be cancelled.',
        body: RedeployBody,
        response: { 202: JobBody },
      },
    },
    async (request, reply) => {
      const { ref = null, release = null, force = false } = request.body
      const job = await releases.redeploys.begin({ ref, release, force }, callerName(request))
      return reply.status(202).send(shownJob(job))
    },
  )
}
