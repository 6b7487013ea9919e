# A mock without any defaults, as `terraform test` offers it first.
mock_provider "aws" {}

run "the_stack_can_be_planned" {
  command = plan

  assert {
    condition     = startswith(output.bucket_name, "opensearch-reindex-triggers-")
    error_message = "The stack has a bucket for trigger files."
  }
}
