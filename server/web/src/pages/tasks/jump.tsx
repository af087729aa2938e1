/** What changes from day to day stands below all that is listed or asked for: this leads there. */
export function Jump() {
  return (
    <nav class="jump" aria-label="On this page">
      <a href="#automatic">By itself</a>
      <a href="#runs">Runs</a>
    </nav>
  )
}
