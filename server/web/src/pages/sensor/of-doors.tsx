import type { List } from '../../api/bodies.ts'
import type { WholeDoorBody } from '../../api/door-bodies.ts'
import { doorPath } from '../../router/route.ts'
import { useAnswer } from '../../use-answer.ts'

/** The doors that a sensor is an eye of; nothing where there are none. @param id `device/name` */
export function OfDoors({ id }: { id: string }) {
  const doors = useAnswer<List<Partial<WholeDoorBody>>>('/api/doors').body.value?.items ?? []
  const own = doors.flatMap(({ name, members = [] }) =>
    name !== undefined && members.some(({ source }) => source === id) ? [name] : [],
  )
  if (own.length === 0) return null
  return (
    <p class="hint">
      An eye of the door{' '}
      {own.map((name, index) => (
        <span key={name}>
          {index > 0 && ', '}
          <a href={doorPath(name)}>{name}</a>
        </span>
      ))}
      .
    </p>
  )
}
