/**
 * What somebody wrote in a source file, in paragraphs: where its lines end there says nothing to people. Lists, and what is
 * set in, keep their lines.
 */
export function paragraphsOf(description: string): string[] {
  return description.split(/\n\s*\n/).map((text) => text.replace(/\n(?![\s\-*•\d])/g, ' '))
}
