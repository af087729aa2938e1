/** Why something failed: all of it, as whatever failed wrote it. What is to be mended often stands in its last line. */
export function Reason({ text }: { text: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by keys
    <pre class="reason" tabIndex={0}>
      {text}
    </pre>
  )
}
