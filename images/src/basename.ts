/** What a file is called where its kind does not matter: without folders and `.fits|.fit|.fts`, also `.gz` and `.fz`. */
export function basenameOf(fileName: string): string {
  const name = fileName.slice(fileName.lastIndexOf('/') + 1)
  return name.replace(/\.(fits|fit|fts)(\.gz|\.fz)?$/i, '')
}
