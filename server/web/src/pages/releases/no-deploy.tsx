import { CopyText } from '../../design/copy-text.tsx'

/** Nothing can be deployed here: neither systemd nor npm start stands behind the server. */
export function NotRedeployable() {
  return (
    <section class="card part" aria-labelledby="not-redeployable">
      <h2 id="not-redeployable">This server cannot be redeployed from here</h2>
      <p class="hint">
        Somebody has to be there who restarts it, and goes back where a release is no good: the services that
        deploy/install.sh makes, or npm start. This server was started without either, as npm run dev does.
      </p>
    </section>
  )
}

/** Nobody has said where releases come from. */
export function NoRemote() {
  return (
    <section class="card part" aria-labelledby="no-remote">
      <h2 id="no-remote">Deploy another release</h2>
      <p class="hint">
        No repository is set that releases come from. Set it in /etc/ajar/ajar.env (with npm start: in its environment)
        and restart the server. Who may sign releases stands in the file of allowed signers: deploy/KEYS.md.
      </p>
      <CopyText label="Where they come from" text="AJAR_RELEASE_REMOTE_URL=https://git.example.net/ajar.git" />
    </section>
  )
}
