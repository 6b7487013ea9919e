"""Hand the policy of Index State Management over to the target index."""

from opensearch_reindex.index.index_info import IndexInfo
from opensearch_reindex.index.policies import Management, how_to_attach, is_rolled_over
from opensearch_reindex.index.target_index import flat_settings
from opensearch_reindex.opensearch_client import MANAGE_INDEX, OpenSearchClient
from opensearch_reindex.rebuild.job import Job
from opensearch_reindex.runtime.errors import OpenSearchRequestError, TransientOpenSearchError
from opensearch_reindex.runtime.logs import log


def hand_over_policy(client: OpenSearchClient, job: Job, source: IndexInfo, target: IndexInfo) -> Job:
    """Attach the policy of the source index to the target index, in the same state.

    The copy is proven and in use, so a failure is no error: the result says what to send. Every request may be
    repeated.

    Args:
        client: the domain.
        job: state so far.
        source: the source index, before its aliases were moved.
        target: the target index, before the aliases were moved.
    """
    if job.attach_policy is None:
        return job
    try:
        managements = client.managements([job.source_index, job.target_index])
        if managements is None:
            return job
        if job.source_index not in managements:
            raise OpenSearchRequestError(403, "security_exception", f"no permissions for [{MANAGE_INDEX}]")
    except (OpenSearchRequestError, TransientOpenSearchError) as error:
        line = _unknown(job, error.reason) if job.attach_policy else None
    else:
        handover = _Handover(
            client, job, source, target, managements[job.source_index], managements.get(job.target_index, Management())
        )
        line = handover.run()
    log.info("policy of the source index: %s", line or "none")
    return job.warn(line) if line else job


def _unknown(job: Job, why: str) -> str:
    return (
        f"Index State Management did not say which policy manages source index {job.source_index!r}, so none is "
        f"attached to target index {job.target_index!r}: {why}"
    )


class _Handover:
    """One attempt, whose line in the result says what a policy does now."""

    def __init__(
        self,
        client: OpenSearchClient,
        job: Job,
        source: IndexInfo,
        target: IndexInfo,
        of_source: Management,
        of_target: Management,
    ) -> None:
        self._client, self._job, self._of_source, self._of_target = client, job, of_source, of_target
        self._plugins = client.engine().plugins
        # By this step, or by another execution. Since then the policy may have moved the target index on.
        self._is_later = target.markers.is_proven
        entries = {**source.aliases, **target.aliases}
        self._skips_rollover = is_rolled_over(of_source, flat_settings(source.settings), entries, self._plugins)

    def run(self) -> str | None:
        """Attach the policy, and return a line for the result, if there is any."""
        of_source, of_target = self._of_source, self._of_target
        if of_source.policy_id is None:
            return of_target.policy_id and (
                f"policy {of_target.policy_id!r} of Index State Management manages target index "
                f"{self._job.target_index!r}, by its ism_template; no policy managed the source index"
            )
        if of_target.policy_id not in (None, of_source.policy_id):
            return self._not_attached(f"policy {of_target.policy_id!r} manages it, by its ism_template")
        if of_target.policy_id and (not self._job.attach_policy or (self._is_later and of_target.state)):
            return self._attached(of_target.state)
        if not self._job.attach_policy:
            return self._not_attached("attach_policy is false")
        if of_source.is_completed:
            return self._not_attached("it has come to its end for the source index, and would begin again")
        try:
            return self._attach(of_source.policy_id)
        except (OpenSearchRequestError, TransientOpenSearchError) as error:
            return self._not_attached(error.reason)

    def _attach(self, policy_id: str) -> str:
        client, target_index, of_target = self._client, self._job.target_index, self._of_target
        policy = client.get_policy(policy_id)
        if policy is None:
            return self._not_attached("the policy does not exist any more")
        state = self._of_source.state or policy.default_state
        if of_target.state != state and (problem := policy.problem(state)):
            return self._not_attached(problem)
        if self._skips_rollover:  # first, because without it a rollover of this index fails
            try:
                client.skip_rollover(target_index)
            except OpenSearchRequestError:  # an old version does not know the setting
                if "rollover" in policy.actions[state]:
                    raise
        if of_target.policy_id is None:
            client.add_policy(target_index, policy_id)
        if of_target.state != state and (of_target.policy_id or state != policy.default_state):
            client.change_policy(target_index, policy_id, state)
        return self._attached(state, misses_rollover=self._skips_rollover and policy.uses_rollover_age)

    def _attached(self, state: str | None, *, misses_rollover: bool = False) -> str:
        return (
            f"policy {self._of_source.policy_id!r} of Index State Management manages target index "
            f"{self._job.target_index!r}{_in(state)}: the actions of its state run again, and the age of the index "
            "begins at zero"
            + ("; a transition with min_rollover_age never happens, use change_policy" if misses_rollover else "")
            + self._of_kept_source()
        )

    def _not_attached(self, why: str) -> str:
        of_source, is_managed = self._of_source, self._of_target.policy_id is not None
        requests = how_to_attach(
            self._plugins,
            self._job.target_index,
            str(of_source.policy_id),
            of_source.state,
            is_managed=is_managed,
            skips_rollover=self._skips_rollover,
        )
        return (
            f"policy {of_source.policy_id!r} of Index State Management, which managed the source index"
            f"{_in(of_source.state)}, does not manage target index {self._job.target_index!r}"
            f"{_in(of_source.state) if is_managed else ''}: {why}. To attach it, send {requests}"
            + self._of_kept_source()
        )

    def _of_kept_source(self) -> str:
        return ". The kept source index keeps its policy, which may delete it" if self._job.keep_source else ""


def _in(state: str | None) -> str:
    return f" in state {state!r}" if state else ""
