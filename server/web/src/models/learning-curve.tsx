import type { CurvePoint } from '../api/model-bodies.ts'
import { drawCurve } from './curve.ts'
import { rateInWords } from './words.ts'

/** How much better the model became with more labels: drawn, and as a table for those who do not see it. */
export function LearningCurve({ curve }: { curve: CurvePoint[] }) {
  const drawing = drawCurve(curve)
  if (!drawing) return <p class="hint">There are too few labels to see how much each of them helps.</p>
  const { width, height, points, line, levels, left, right, bottom } = drawing
  return (
    <figure class="learning-curve">
      <svg viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
        {levels.map(({ rate, y }) => (
          <g key={rate}>
            <line class="level" x1={left} x2={right} y1={y} y2={y} />
            <text class="rate" x={left - 8} y={y + 4}>
              {rateInWords(rate)}
            </text>
          </g>
        ))}
        <polyline points={line} />
        {points.map(({ x, y, labels }) => (
          <g key={labels}>
            <circle cx={x} cy={y} r="4" />
            <text class="count" x={x} y={bottom + 18}>
              {labels}
            </text>
          </g>
        ))}
        <text class="axis" x={(left + right) / 2} y={height - 4}>
          labels learned from
        </text>
      </svg>
      <table class="hidden-text">
        <caption>Learning curve</caption>
        <thead>
          <tr>
            <th scope="col">labels</th>
            <th scope="col">right</th>
          </tr>
        </thead>
        <tbody>
          {points.map(({ labels, balancedAccuracy }) => (
            <tr key={labels}>
              <td>{labels}</td>
              <td>{rateInWords(balancedAccuracy)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  )
}
