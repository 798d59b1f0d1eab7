// A working day with Octokit, GitHub's own client, against the address that is
// the first argument. One line a call: its name and the status.
import { Octokit } from "@octokit/rest";

const octokit = new Octokit({ baseUrl: process.argv[2], auth: "ghp_0123456789abcdef", log: { debug() {}, info() {}, warn() {}, error() {} } });
const it = { owner: "octo-org", repo: "hello-world" };
const sha = "6dcb09b5b57875f334f61aebed695e2e4193db5e";

const calls = {
  "root": () => octokit.rest.meta.root(),
  "rate-limit": () => octokit.rest.rateLimit.get(),
  "user": () => octokit.rest.users.getAuthenticated(),
  "update-user": () => octokit.rest.users.updateAuthenticated({ name: "Ada Lovelace", blog: "https://example.com", hireable: true, bio: "Counts" }),
  "list-repositories": () => octokit.rest.repos.listForAuthenticatedUser({ visibility: "all", affiliation: "owner,collaborator", sort: "pushed", per_page: 100, page: 2, since: "2026-01-01T00:00:00Z" }),
  "create-repository": () => octokit.rest.repos.createInOrg({ org: "octo-org", name: "hello-world", private: true, has_issues: true, visibility: "private", auto_init: true }),
  "get-repository": () => octokit.rest.repos.get(it),
  "update-repository": () => octokit.rest.repos.update({ ...it, description: "Says hello, wörld", security_and_analysis: { secret_scanning: { status: "enabled" } } }),
  "replace-topics": () => octokit.rest.repos.replaceAllTopics({ ...it, names: ["octocat", "api"] }),
  "get-readme": () => octokit.rest.repos.getReadme(it),
  "get-file-in-folder": () => octokit.rest.repos.getContent({ ...it, path: "docs/guide/a.md", ref: "main" }),
  "get-file": () => octokit.rest.repos.getContent({ ...it, path: "README.md", ref: "main" }),
  "write-file": () => octokit.rest.repos.createOrUpdateFileContents({ ...it, path: "hello.txt", message: "greet", content: "aGVsbG8=", committer: { name: "Ada", email: "ada@example.com" } }),
  "list-commits": () => octokit.rest.repos.listCommits({ ...it, sha: "main", author: "ada", since: "2026-01-01T00:00:00Z" }),
  "commit-status": () => octokit.rest.repos.createCommitStatus({ ...it, sha, state: "success", target_url: "https://ci.example.com/1", description: "passed", context: "ci/test" }),
  "protect-branch": () => octokit.rest.repos.updateBranchProtection({ ...it, branch: "main", required_status_checks: { strict: true, contexts: ["ci/test"] }, enforce_admins: true, required_pull_request_reviews: { dismissal_restrictions: {}, required_approving_review_count: 2 }, restrictions: null }),
  "create-release": () => octokit.rest.repos.createRelease({ ...it, tag_name: "v1.0.0", name: "One", body: "First\nrelease", draft: false, prerelease: false, make_latest: "true" }),
  "list-issues": () => octokit.rest.issues.listForRepo({ ...it, state: "open", labels: "bug,ui", assignee: "*", sort: "comments", direction: "asc" }),
  "create-issue": () => octokit.rest.issues.create({ ...it, title: "Broken 😀", body: "It \"breaks\"", labels: ["bug", { name: "ui", color: "ff0000" }], assignees: ["ada"], milestone: 1 }),
  "update-issue": () => octokit.rest.issues.update({ ...it, issue_number: 7, state: "closed", state_reason: "completed", title: null }),
  "comment": () => octokit.rest.issues.createComment({ ...it, issue_number: 7, body: "Thanks" }),
  "lock-issue": () => octokit.rest.issues.lock({ ...it, issue_number: 7, lock_reason: "resolved" }),
  "add-labels": () => octokit.rest.issues.addLabels({ ...it, issue_number: 7, labels: ["bug", "enhancement"] }),
  "react": () => octokit.rest.reactions.createForIssue({ ...it, issue_number: 7, content: "heart" }),
  "list-pulls": () => octokit.rest.pulls.list({ ...it, state: "all", head: "octo-org:feature", base: "main", sort: "popularity" }),
  "create-pull": () => octokit.rest.pulls.create({ ...it, title: "Add it", head: "octo-org:feature", base: "main", draft: true, maintainer_can_modify: true }),
  "review-pull": () => octokit.rest.pulls.createReview({ ...it, pull_number: 8, commit_id: sha, event: "REQUEST_CHANGES", body: "Almost", comments: [{ path: "file.md", position: 6, body: "Please" }] }),
  "merge-pull": () => octokit.rest.pulls.merge({ ...it, pull_number: 8, merge_method: "squash", sha }),
  "create-tree": () => octokit.rest.git.createTree({ ...it, base_tree: sha, tree: [{ path: "file.rb", mode: "100644", type: "blob", content: "puts 1" }, { path: "old.rb", mode: "100644", type: "blob", sha: null }] }),
  "create-blob": () => octokit.rest.git.createBlob({ ...it, content: "Content", encoding: "utf-8" }),
  "update-ref": () => octokit.rest.git.updateRef({ ...it, ref: "heads", sha, force: true }),
  "create-gist": () => octokit.rest.gists.create({ description: "d", public: false, files: { "a.txt": { content: "x" }, "b c.md": { content: "y" } } }),
  "search-code": () => octokit.rest.search.code({ q: "addClass in:file language:js repo:jquery/jquery", per_page: 5 }),
  "search-issues": () => octokit.rest.search.issuesAndPullRequests({ q: "is:open label:\"good first issue\" ü&=+%", sort: "created", order: "desc", advanced_search: "true" }),
  "dispatch-workflow": () => octokit.rest.actions.createWorkflowDispatch({ ...it, workflow_id: "ci.yml", ref: "main", inputs: { name: "Mona" } }),
  "list-runs": () => octokit.rest.actions.listWorkflowRunsForRepo({ ...it, branch: "main", status: "completed", created: ">=2026-01-01", exclude_pull_requests: true }),
  "put-secret": () => octokit.rest.actions.createOrUpdateRepoSecret({ ...it, secret_name: "KEY", encrypted_value: "c2VjcmV0", key_id: "012345678912345678" }),
  "create-check-run": () => octokit.rest.checks.create({ ...it, name: "lint", head_sha: sha, status: "in_progress", external_id: "42", started_at: "2026-05-04T01:14:52Z", output: { title: "Report", summary: "", text: "" } }),
  "finish-check-run": () => octokit.rest.checks.update({ ...it, check_run_id: 4, status: "completed", conclusion: "success", completed_at: "2026-05-04T01:20:52Z", output: { title: "Report", summary: "1 warning", annotations: [{ path: "README.md", annotation_level: "warning", title: "Spelling", message: "check", raw_details: "x", start_line: 2, end_line: 2 }] } }),
  "create-hook": () => octokit.rest.repos.createWebhook({ ...it, name: "web", active: true, events: ["push"], config: { url: "https://example.com/hook", content_type: "json", insecure_ssl: "0" } }),
  "render-markdown": () => octokit.rest.markdown.render({ text: "Hello **world**", mode: "gfm", context: "octo-org/hello-world" }),
  "star": () => octokit.rest.activity.starRepoForAuthenticatedUser(it),
  "delete-repository": () => octokit.rest.repos.delete(it),
};

for (const [name, call] of Object.entries(calls)) {
  try {
    console.log(name, (await call()).status);
  } catch (e) {
    console.log(name, e.status, JSON.stringify(e.response?.data ?? String(e)));
  }
}
