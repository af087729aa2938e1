import { Type } from 'typebox'
import type { Http } from '../../http/http.ts'
import type { Available } from '../available.ts'
import { analyst } from './shapes.ts'

const Described = Type.Object({
  name: Type.String(),
  title: Type.Optional(Type.String({ description: 'for people, where that is another one' })),
  description: Type.String(),
  category: Type.String(),
  inputs: Type.Record(Type.String(), Type.Unknown()),
})

/** What each operation wants to be told, as it declares it: the older client draws its forms from that, and so does our console. */
export function availableOperationsRoute(http: Http, available: Pick<Available, 'list'>) {
  http.get(
    '/api/available_operations/',
    {
      config: analyst,
      schema: {
        summary: 'All operations, and what each takes',
        response: { 200: Type.Record(Type.String(), Described) },
      },
    },
    async () =>
      Object.fromEntries(
        (await available.list()).map(({ name, title, description, category, inputs }) => [
          name,
          { name, ...(title === undefined ? {} : { title }), description, category, inputs },
        ]),
      ),
  )
}
