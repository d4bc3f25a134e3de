#!/usr/bin/env bash
# Shows a review as a comment on its pull request, and replaces the comment when there is a newer review.
# Run as `make comment` with REVIEW (the file), GH_REPO, HEAD_OWNER, HEAD_BRANCH, HEAD_SHA and GH_TOKEN; needs gh.
set -euo pipefail

# Which pull request it is, the forge says: the review itself is not asked.
number=$(gh api --method GET "repos/$GH_REPO/pulls" -f state=open -f "head=$HEAD_OWNER:$HEAD_BRANCH" \
  --jq 'map(select(.head.sha == env.HEAD_SHA)) | .[0].number // empty')
if [ -z "$number" ]; then
  echo "No open pull request is at ${HEAD_SHA:0:10} any more: nothing to comment."
  exit 0
fi

body=$(mktemp)
trap 'rm -f "$body"' EXIT
changed=$(gh api --paginate "repos/$GH_REPO/pulls/$number/files" --jq '.[] | .filename, .previous_filename // empty')
if grep -q '^\.github/' <<<"$changed"; then
  # Then the review may have been written by the pull request's own workflow, and could say anything.
  echo "This pull request changes \`.github/\`: its review is not shown here. A maintainer reads the change first," \
    "and then runs \`make check-pr\`." > "$body"
elif [ -s "$REVIEW" ]; then
  # A comment has at most 65536 characters; a character that is cut in two is left out.
  head -c 60000 "$REVIEW" | { iconv -c -f utf-8 -t utf-8 || true; } > "$body"
  [ "$(wc -c < "$REVIEW")" -le 60000 ] || printf '\n\n… cut off here: the whole review is in the run.\n' >> "$body"
else
  echo "The review did not come to an end: see the run of the workflow \`review\`." > "$body"
fi
gh pr comment "$number" --edit-last --create-if-none --body-file "$body"
