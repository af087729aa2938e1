import { useEffect } from 'preact/hooks'
import type { HealthCheckBody } from '../../api/bodies.ts'
import { useConsole } from '../../console.ts'
import { counted } from '../../design/words.ts'
import { checkInWords } from '../../health/words.ts'
import '../../health/health.css'

/** All that the server checks: what is in trouble first, and what is well folded away. */
export function ChecksSection() {
  const { health } = useConsole().live
  useEffect(() => void health.ask(), [])
  const checks = health.checks.value
  if (checks === null) return null
  const troubles = [...health.errors.value, ...health.warnings.value]
  const well = checks.filter(({ level }) => level === 'ok')
  return (
    <section class="checks card" aria-labelledby="health">
      <h2 id="health">Health</h2>
      {troubles.length === 0 && <p class="hint">Nothing is in trouble.</p>}
      <ul>
        {troubles.map((check, index) => (
          <li key={`${check.name}/${index}`}>
            <span class={`level ${check.level}`}>
              {checkInWords(check)}, {check.level === 'error' ? 'error' : 'warning'}:
            </span>
            {check.text}
          </li>
        ))}
      </ul>
      <details>
        <summary>{counted(well.length, 'check is', 'checks are')} well</summary>
        <ul>
          {well.map((check: HealthCheckBody, index) => (
            <li key={`${check.name}/${index}`}>
              <strong>{checkInWords(check)}</strong>: {check.text}
            </li>
          ))}
        </ul>
      </details>
    </section>
  )
}
