import type { LabBody } from '../../../api/program-bodies.ts'

/** Each case of a lab: what was expected, and what was printed. */
export function LabResult({ lab }: { lab: LabBody }) {
  return (
    <section class="lab" aria-label="Cases">
      <ul>
        {Object.entries(lab.cases).map(([number, { in: given, out, actual, status }]) => {
          const isPassed = status === 'Success'
          return (
            <li key={number}>
              <details open={!isPassed}>
                <summary class="case-head">
                  <span class={`tag ${isPassed ? 'good' : 'bad'}`}>{isPassed ? 'passed' : 'failed'}</span> Case {number}
                  {given.length > 0 && <code> {given.join(' ')}</code>}
                </summary>
                <dl class="facts">
                  <dt>expected</dt>
                  <dd>
                    <pre class="case-text">{out}</pre>
                  </dd>
                  <dt>printed</dt>
                  <dd>
                    <pre class="case-text">{actual}</pre>
                  </dd>
                </dl>
              </details>
            </li>
          )
        })}
      </ul>
    </section>
  )
}
