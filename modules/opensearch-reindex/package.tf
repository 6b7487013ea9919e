# The zip of the functions: built at apply, then kept in S3, so that a machine that has not built it can still make or
# change a function. A package that is given is taken as it is.

locals {
  # Of a package that is given everything may be known only when it is made, but that it is given.
  builds_package  = var.package == null
  source_dir      = "${path.module}/../../lambda_src"
  source_patterns = ["handlers.py", "requirements.txt", "opensearch_reindex/**/*.json", "opensearch_reindex/**/*.py"]
  source_files    = sort(flatten([for pattern in local.source_patterns : tolist(fileset(local.source_dir, pattern))]))

  # Everything the zip is made of, under names that are the same on every machine. The zip itself does not exist
  # when a clean machine plans, so its own hash cannot be asked for.
  build_hash = sha256(jsonencode({
    architecture = var.lambda_architecture
    builder      = filesha256("${path.module}/build_package.py")
    runtime      = var.lambda_runtime
    sources      = { for file in local.source_files : file => filesha256("${local.source_dir}/${file}") }
  }))
  build_path     = "${path.module}/.build/${substr(local.build_hash, 0, 16)}.zip"
  package_bucket = coalesce(var.package_bucket, local.bucket_name)

  # What makes the functions take a package anew. Any value is kept as it is; another one updates the code.
  package_hash = (
    local.builds_package ? local.build_hash :
    try(var.package.file, null) != null ? filebase64sha256(var.package.file) :
    coalesce(var.package.sha256, var.package.s3_object_version, sha256("${var.package.s3_bucket}/${var.package.s3_key}"))
  )
  # SHA-256 of the zip in Base64, as Lambda gives it; null where nobody has told.
  package_sha256 = (
    local.builds_package ? aws_s3_object.package[0].checksum_sha256 :
    try(var.package.file, null) != null ? local.package_hash : var.package.sha256
  )
}

resource "terraform_data" "package" {
  count = local.builds_package ? 1 : 0
  # Besides the sources: what makes S3 take the zip anew, which needs it on this machine.
  triggers_replace = [local.build_hash, local.name, local.package_bucket]

  provisioner "local-exec" {
    # The arguments follow the script, so no path needs quoting; the command is the last one.
    interpreter = concat(
      [
        "sh", "-c",
        "command -v python3 >/dev/null || { echo 'There is no python3 to build the package of the Lambda functions with. Install Python 3.11 or later with pip, or give a built package with the input `package`.' >&2; exit 1; }; exec python3 \"$@\"",
        "sh", "${path.module}/build_package.py", "--runtime", var.lambda_runtime, "--source-dir", local.source_dir,
      ],
      local.source_files,
      ["--output"],
    )
    command = local.build_path
  }
}

resource "aws_s3_object" "package" {
  count = local.builds_package ? 1 : 0
  #checkov:skip=CKV_AWS_186:Encrypted as the bucket is, with a key of one's own where kms_key_arn names one

  bucket             = local.package_bucket
  key                = "opensearch-reindex-package/${local.name}/${local.build_hash}.zip"
  source             = local.build_path
  checksum_algorithm = "SHA256"

  # An object may have 10 tags, a stack often gives more to all it makes.
  override_provider {
    default_tags {
      tags = {}
    }
  }

  lifecycle {
    # The one before stays until the functions have left it, and when the build fails.
    create_before_destroy = true
  }

  depends_on = [
    aws_s3_bucket_ownership_controls.triggers,
    aws_s3_bucket_policy.triggers,
    aws_s3_bucket_server_side_encryption_configuration.triggers,
    aws_s3_bucket_versioning.triggers,
    terraform_data.package,
  ]
}

check "package" {
  assert {
    condition = local.package_sha256 == null ? true : alltrue([
      for function in aws_lambda_function.step : function.code_sha256 == local.package_sha256
    ])
    error_message = "The code of these functions was changed outside of Terraform: ${join(", ", [
      for function in aws_lambda_function.step : function.function_name if function.code_sha256 != local.package_sha256
    ])}. Find out who did it. To put the module's package back, apply with -replace for each, such as -replace='module.<name>.aws_lambda_function.step[\"create_index\"]'."
  }
}
