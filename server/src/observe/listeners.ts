import { networkInterfaces } from 'node:os'
import { type Static, Type } from 'typebox'
import type { Http } from '../http/http.ts'
import { nullable } from '../http/shapes.ts'

const Listener = Type.Object({
  host: Type.String({ description: 'the address it listens on: `0.0.0.0` and `::` are all of them' }),
  port: Type.Integer(),
})
const Listeners = Type.Object({
  http: Listener,
  mqtt: nullable(Listener),
  mqtts: nullable(Listener),
  authority: nullable(Type.String({ description: 'PEM certificate that devices are to trust; null: one they know' })),
  addresses: Type.Array(Type.String(), { description: 'IPv4 addresses of this machine on its networks' }),
})

/** What a start has opened; null where nothing listens. */
type Opened = Pick<Static<typeof Listeners>, 'http' | 'mqtt' | 'mqtts'>

export interface ListenersPorts {
  opened(): Opened
  /** The root that the server's certificate brings with it, in PEM. */
  authority(): string | null
}

/** Where devices reach this server. */
export function listenersRoute(http: Http, { opened, authority }: ListenersPorts) {
  http.get(
    '/api/listeners',
    {
      config: { access: 'viewer' },
      schema: { summary: 'Where the server listens', response: { 200: Listeners } },
    },
    async () => ({ ...opened(), authority: authority(), addresses: networkAddresses() }),
  )
}

function networkAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  return all.filter(({ internal, family }) => !internal && family === 'IPv4').map(({ address }) => address)
}
