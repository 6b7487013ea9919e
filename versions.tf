terraform {
  # 1.9 lets the validation of one variable refer to another.
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source = "hashicorp/aws"
      # 5.51 keeps a source_code_hash that is not the hash of the zip, see package.tf.
      version = ">= 5.51, < 7.0"
    }
  }
}
