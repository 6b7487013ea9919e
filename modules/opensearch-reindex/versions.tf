terraform {
  # 1.9 is the first version in which the validation of a variable may refer to another variable.
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source = "hashicorp/aws"
      # 5.51 is the first version that keeps a source_code_hash that is not the hash of the zip, see package.tf.
      version = ">= 5.51, < 7.0"
    }
  }
}
