import { useConsole } from '../console.ts'
import { PROCESSES_PATH } from '../router/route.ts'
import { checkInWords, namesOf } from './words.ts'
import './health.css'

/** So many are said in full. */
const FEW = 3

/** What stops something, on every page; nothing where nothing does. */
export function InTrouble() {
  const { live, session } = useConsole()
  const errors = live.health.errors.value
  const more = errors.length - FEW
  return (
    <>
      {/* Numbers in the texts change all the time: read out is only what is in trouble, when that changes. */}
      <p class="hidden-text" role="status">
        {errors.length > 0 && `In trouble: ${namesOf(errors)}`}
      </p>
      {errors.length > 0 && (
        <section class="in-trouble" aria-label="In trouble">
          <ul>
            {errors.slice(0, FEW).map((check, index) => (
              <li key={`${check.name}/${index}`}>
                <strong>{checkInWords(check)}</strong> {check.text}
              </li>
            ))}
            {more > 0 && <li>and {more} more</li>}
          </ul>
          {session.canOperate.value && <a href={PROCESSES_PATH}>All checks</a>}
        </section>
      )}
    </>
  )
}

/** How many things are in trouble, as a small sign. */
export function Troubles() {
  const { health } = useConsole().live
  const [errors, warnings] = [health.errors.value.length, health.warnings.value.length]
  if (errors + warnings === 0) return null
  return (
    <span class={`nav-count ${errors > 0 ? 'error' : 'warn'}`}>
      <span aria-hidden="true">{errors + warnings}</span>
      <span class="hidden-text">, {errors + warnings} in trouble</span>
    </span>
  )
}
