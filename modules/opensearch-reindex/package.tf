# The package of the functions. Terraform builds the zip at apply and stores it in S3, so that a machine without the zip can
# create or change a function. A package from the input `package` is used unchanged.

locals {
  # The attributes of `package` may be unknown at plan. Whether it is null is always known.
  builds_package  = var.package == null
  source_dir      = "${path.module}/../../lambda_src"
  source_patterns = ["handlers.py", "requirements.txt", "opensearch_reindex/**/*.json", "opensearch_reindex/**/*.py"]
  source_files    = sort(flatten([for pattern in local.source_patterns : tolist(fileset(local.source_dir, pattern))]))

  # A hash of everything that goes into the zip, with the same file names on every machine. The hash of the zip itself is
  # unknown when a clean machine plans, because the zip is built at apply.
  build_hash = sha256(jsonencode({
    architecture = var.lambda_architecture
    builder      = filesha256("${path.module}/build_package.py")
    runtime      = var.lambda_runtime
    sources      = { for file in local.source_files : file => filesha256("${local.source_dir}/${file}") }
  }))
  build_path = "${path.module}/.build/${substr(local.build_hash, 0, 16)}.zip"

  # The provider stores any source_code_hash, and updates the code of a function when the value changes.
  package_hash = (
    local.builds_package ? local.build_hash :
    try(var.package.file, null) != null ? filebase64sha256(var.package.file) :
    coalesce(var.package.sha256, var.package.s3_object_version, sha256("${var.package.s3_bucket}/${var.package.s3_key}"))
  )
  # The SHA-256 of the zip in Base64, like `code_sha256` of Lambda. Null if the input `package` has no hash.
  package_sha256 = (
    local.builds_package ? terraform_data.pinned_package.output.built_sha256 :
    try(var.package.file, null) != null ? local.package_hash : var.package.sha256
  )
  rebuild_advice = "Then apply with -replace='module.<name>.terraform_data.package[0]', which builds and uploads the package again."

  # Terraform warns about a check whose values are unknown in a plan, and `terraform test` fails. In a plan with a new package
  # everything is unknown, so that plan has nothing to compare.
  package_is_new = terraform_data.pinned_package.input.recorded_at == plantimestamp()
}

resource "terraform_data" "package" {
  count = local.builds_package ? 1 : 0
  # A new name or bucket makes Terraform upload the zip again, which requires the zip on this machine.
  triggers_replace = { bucket = local.package_bucket, build_hash = local.build_hash, name = local.name }

  provisioner "local-exec" {
    # local-exec appends the command to the interpreter. Paths are arguments of the script, so that no path needs quotes.
    interpreter = concat(
      [
        "sh", "-c",
        "command -v python3 >/dev/null || { echo 'python3 not found; expected Python 3.11 or later with pip to build the package of the Lambda functions. Install Python, or set the input `package` to a built package.' >&2; exit 1; }; exec python3 \"$@\"",
        "sh", "${path.module}/build_package.py", "--runtime", var.lambda_runtime, "--source-dir", local.source_dir,
      ],
      local.source_files,
      ["--output"],
    )
    command = local.build_path
  }

  lifecycle {
    precondition {
      condition     = length(setsubtract(["handlers.py", "requirements.txt"], local.source_files)) == 0
      error_message = "The sources of the Lambda functions are missing; expected the folder lambda_src two levels above the module. Terraform copies an absolute path in `source` up to the first `//` only. Write `<checkout>//modules/opensearch-reindex` instead of `<checkout>/modules/opensearch-reindex`. Or use a relative path, or a Git address with `//modules/opensearch-reindex`."
    }
  }

  # A machine builds nothing before its zip can be stored: after an apply that failed in between, another machine has no zip.
  depends_on = [
    aws_s3_bucket_ownership_controls.packages,
    aws_s3_bucket_policy.packages,
    aws_s3_bucket_public_access_block.packages,
    aws_s3_bucket_server_side_encryption_configuration.packages,
    aws_s3_bucket_versioning.packages,
  ]
}

resource "aws_s3_object" "package" {
  count = local.builds_package ? 1 : 0
  #checkov:skip=CKV_AWS_186:The bucket encrypts the object, with a customer managed key if kms_key_arn is set

  bucket             = local.package_bucket
  key                = "opensearch-reindex-package/${local.name}/${local.build_hash}.zip"
  source             = local.build_path
  source_hash        = terraform_data.package[0].id
  checksum_algorithm = "SHA256"

  # S3 limits an object to 10 tags, and the default tags of a provider may be more.
  override_provider {
    default_tags {
      tags = {}
    }
  }

  lifecycle {
    # Keep the previous object until the functions use the new one, and if the build fails.
    create_before_destroy = true

    precondition {
      condition     = local.package_bucket != local.bucket_name
      error_message = "package_bucket must not be the bucket for trigger files: who may upload trigger files could overwrite the code of the functions. Name another bucket, or leave package_bucket out."
    }
  }
}

# The version of the object that Terraform uploaded, and the hash of the zip that it built. Both stay as they were at the
# build, whatever S3 holds later: a refresh of `aws_s3_object` returns the latest version, which anybody may have written.
resource "terraform_data" "pinned_package" {
  triggers_replace = [local.package_hash, local.name, one(terraform_data.package[*].id)]

  # The ID of a new build is unknown in the plan, so that Terraform reads the zip and the object only after the upload.
  input = {
    recorded_at   = plantimestamp()
    built_sha256  = try(filebase64sha256(terraform_data.package[0].id == "" ? "" : local.build_path), null)
    object_sha256 = try(terraform_data.package[0].id == "" ? "" : aws_s3_object.package[0].checksum_sha256, null)
    version_id    = try(terraform_data.package[0].id == "" ? "" : aws_s3_object.package[0].version_id, null)
  }

  lifecycle {
    create_before_destroy = true
    ignore_changes        = [input]
  }
}

check "package" {
  assert {
    condition     = local.package_is_new || !local.builds_package ? true : aws_s3_object.package[0].checksum_sha256 == local.package_sha256
    error_message = "The package s3://${local.package_bucket}/${try(aws_s3_object.package[0].key, "")} was overwritten after Terraform uploaded it. No function runs the new content, because Terraform deploys only the version that it uploaded. Find out who wrote it. ${local.rebuild_advice}"
  }

  assert {
    # Before Terraform 1.12, `true || unknown` is unknown.
    condition = local.package_is_new ? true : local.package_sha256 == null ? true : alltrue([
      for function in aws_lambda_function.step : function.code_sha256 == local.package_sha256
    ])
    error_message = "The code of these functions was changed outside Terraform: ${join(", ", [
      for function in aws_lambda_function.step : function.function_name if function.code_sha256 != local.package_sha256
    ])}. Find out who changed it. To restore the package of the module, apply with -replace for each function, such as -replace='module.<name>.aws_lambda_function.step[\"create_index\"]'."
  }
}
