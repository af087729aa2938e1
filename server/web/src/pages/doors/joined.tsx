import type { DoorMemberBody, WholeDoorBody } from '../../api/door-bodies.ts'
import { Age } from '../../design/elements.tsx'
import { StateBadge } from '../../design/state-badge.tsx'
import { shares } from '../../design/words.ts'
import { cameraPath, sensorPath } from '../../router/route.ts'
import { adviceFor, leftInWords, reliabilityInWords } from './words.ts'

/** What each member says right now, how much that counts, and what comes of it. */
export function Joined({ door }: { door: WholeDoorBody }) {
  const { joined, states, members } = door
  const parts = joined.probabilities ? shares(states.map((state) => joined.probabilities?.[state] ?? 0)) : null
  return (
    <section class="card part" aria-labelledby="joined">
      <h2 id="joined">How it comes about</h2>
      {members.length === 0 ? (
        <p class="hint">No camera and no sensor sees this door yet: set it up.</p>
      ) : (
        <div class="scrolled">
          <table class="figures-table members">
            <thead>
              <tr>
                <th scope="col">Seen by</th>
                <th scope="col">Says now</th>
                <th scope="col">Was right so far</th>
                <th scope="col">Counts</th>
              </tr>
            </thead>
            <tbody>
              {members.map((member) => (
                <MemberRow key={member.source} member={member} states={states} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {parts && (
        <p class="together">
          Together:{' '}
          {states.map((state, i) => (
            <span key={state} class="part-of">
              <StateBadge state={state} states={states} /> {parts[i]}
            </span>
          ))}
        </p>
      )}
      {members.length > 0 && (
        <p class="hint">
          Whether one was right is counted in the states of the door ({states.join(', ')}): taking one of its own states
          for another is no mistake where both say the same of the door. What is said by several is surer than what one
          says: they seldom err at the same time.
        </p>
      )}
      {joined.disagreement > 0 && <p class="hint wrong">They surely say different states right now.</p>}
    </section>
  )
}

function MemberRow({ member, states }: { member: DoorMemberBody; states: string[] }) {
  const { source, kind, says, best, confidence, weight, at } = member
  const left = leftInWords(member)
  const advice = adviceFor(member)
  const right = reliabilityInWords(member)
  return (
    <tr>
      <th scope="row">
        {kind === null ? source : <a href={kind === 'camera' ? cameraPath(source) : sensorPath(source)}>{source}</a>}
        {advice !== null && <small class="advice">{advice}</small>}
      </th>
      <td>
        {left === null && says !== null ? (
          <StateBadge state={says} states={states} confidence={confidence} />
        ) : (
          <small>{left}</small>
        )}
        {left === null && best !== says && <small> (its word: {best})</small>}
        {at !== null && (
          <small>
            {' '}
            <Age at={Date.parse(at)} />
          </small>
        )}
      </td>
      <td>
        {right.share} {right.by !== null && <small>{right.by}</small>}
      </td>
      <td class="weight">
        <meter min={0} max={1} value={weight} aria-label={`How much ${source} counts`} />{' '}
        <span>{Math.round(weight * 100)} %</span>
      </td>
    </tr>
  )
}
