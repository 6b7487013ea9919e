# The functions, their logs and their network.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  domain_arns = ["arn:aws:es:eu-central-1:123456789012:domain/search"]
}

run "the_defaults" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  assert {
    condition = alltrue([
      for function in aws_lambda_function.step :
      function.runtime == "python3.11" && function.architectures == tolist(["x86_64"]) && function.memory_size == 512 && function.timeout == 300 &&
      function.reserved_concurrent_executions == -1 && length(function.layers) == 0 && function.code_signing_config_arn == null &&
      function.kms_key_arn == null && function.tracing_config[0].mode == "PassThrough" && length(function.vpc_config) == 0
    ])
    error_message = "A function has Python 3.11, x86_64, 512 MB, a timeout of 300 s, no VPC and no opt-in feature."
  }

  assert {
    condition = alltrue([
      for function in aws_lambda_function.step : function.environment[0].variables == tomap({
        ALLOWED_ENDPOINTS      = ""
        ALLOW_UNTESTED_ENGINES = "false"
        CA_CERTIFICATES        = ""
        DOMAIN_ARNS            = "arn:aws:es:eu-central-1:123456789012:domain/search"
        LOG_LEVEL              = "INFO"
        POLL_INTERVAL_SECONDS  = "30"
        STALL_TIMEOUT_SECONDS  = "1800"
      })
    ])
    error_message = "The function environment has the variables that lambda_src/opensearch_reindex/runtime/environment.py reads."
  }

  assert {
    condition = concat(
      [for log_group in aws_cloudwatch_log_group.step : log_group.retention_in_days],
      [aws_cloudwatch_log_group.state_machine.retention_in_days, aws_cloudwatch_log_group.index_state_machine.retention_in_days],
    ) == [for _ in range(9) : 365]
    error_message = "All nine log groups keep logs for a year."
  }

  assert {
    condition     = length(aws_security_group.lambda) == 0 && length(aws_vpc_security_group_egress_rule.lambda) == 0 && output.security_group_id == null
    error_message = "The module creates no security group without a VPC."
  }
}

run "the_inputs_reach_the_functions" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    allowed_endpoints              = ["search.example.com", "127.0.0.1:9200", "localhost:65535"]
    ca_certificates                = "-----BEGIN CERTIFICATE-----\n${format("%02945d", 0)}\n-----END CERTIFICATE-----\n" # as long as possible
    domain_arns                    = ["arn:aws-us-gov:es:us-gov-west-1:210987654321:domain/one", "arn:aws:es:eu-central-1:123456789012:domain/other-1"]
    execution_timeout_seconds      = 1700
    allow_untested_engines         = true
    lambda_architecture            = "arm64"
    lambda_code_signing_config_arn = "arn:aws:lambda:eu-central-1:123456789012:code-signing-config:csc-0f6c334abcdea4d8b"
    lambda_environment             = { HTTPS_PROXY = "http://proxy.example.com:3128" }
    lambda_layers                  = [for number in range(5) : "arn:aws:lambda:eu-central-1:210987654321:layer:observe:${number}"]
    lambda_memory                  = 10240
    lambda_reserved_concurrency    = 2
    lambda_runtime                 = "python3.13"
    lambda_timeout                 = 900
    lambda_tracing                 = true
    log_level                      = "DEBUG"
    log_retention_days             = 0
    # Code signing requires a signed package.
    package               = { s3_bucket = "artifacts", s3_key = "signed.zip" }
    poll_interval_seconds = 1
    stall_timeout_seconds = 600
    vpc_config            = { subnet_ids = ["subnet-1", "subnet-2"], security_group_ids = ["sg-1", "sg-2"] }
  }

  assert {
    condition = alltrue([
      for function in aws_lambda_function.step :
      function.runtime == "python3.13" && function.architectures == tolist(["arm64"]) && function.memory_size == 10240 && function.timeout == 900
    ])
    error_message = "Runtime, architecture, memory and timeout reach every function."
  }

  assert {
    condition = alltrue([
      for function in aws_lambda_function.step :
      function.reserved_concurrent_executions == 2 && function.layers == tolist(var.lambda_layers) && function.tracing_config[0].mode == "Active" &&
      function.code_signing_config_arn == "arn:aws:lambda:eu-central-1:123456789012:code-signing-config:csc-0f6c334abcdea4d8b"
    ])
    error_message = "Concurrency, layers, tracing and code signing reach every function."
  }

  assert {
    condition = alltrue([
      for function in aws_lambda_function.step :
      function.vpc_config[0].subnet_ids == toset(["subnet-1", "subnet-2"]) && function.vpc_config[0].security_group_ids == toset(["sg-1", "sg-2"])
    ]) && length(aws_security_group.lambda) == 0 && length(aws_vpc_security_group_egress_rule.lambda) == 0
    error_message = "Subnets and security groups reach every function, and the module creates no security group."
  }

  assert {
    condition = alltrue([
      for function in aws_lambda_function.step : function.environment[0].variables == tomap({
        ALLOWED_ENDPOINTS      = "search.example.com,127.0.0.1:9200,localhost:65535"
        ALLOW_UNTESTED_ENGINES = "true"
        CA_CERTIFICATES        = var.ca_certificates
        DOMAIN_ARNS            = "arn:aws-us-gov:es:us-gov-west-1:210987654321:domain/one,arn:aws:es:eu-central-1:123456789012:domain/other-1"
        HTTPS_PROXY            = "http://proxy.example.com:3128"
        LOG_LEVEL              = "DEBUG"
        POLL_INTERVAL_SECONDS  = "1"
        STALL_TIMEOUT_SECONDS  = "600"
      })
    ])
    error_message = "Endpoints, certificates, domains, log level, intervals and additional variables reach every function."
  }

  assert {
    condition = concat(
      [for log_group in aws_cloudwatch_log_group.step : log_group.retention_in_days],
      [aws_cloudwatch_log_group.state_machine.retention_in_days, aws_cloudwatch_log_group.index_state_machine.retention_in_days],
    ) == [for _ in range(9) : 0]
    error_message = "log_retention_days reaches all log groups."
  }
}

run "the_module_creates_the_security_group" {
  command = plan

  module {
    source = "./modules/opensearch-reindex"
  }

  variables {
    lambda_runtime = "python3.12"
    vpc_config = {
      subnet_ids = ["subnet-1"]
      egress = {
        vpc_id             = "vpc-1"
        cidr_blocks        = ["10.0.0.0/16", "192.0.2.1/32"]
        prefix_list_ids    = ["pl-1"]
        security_group_ids = ["sg-domain"]
      }
    }
  }

  assert {
    condition     = aws_security_group.lambda[0].vpc_id == "vpc-1" && output.security_group_id == aws_security_group.lambda[0].id
    error_message = "The security group is in the VPC, and the output returns its ID."
  }

  assert {
    condition = alltrue([
      for function in aws_lambda_function.step :
      function.vpc_config[0].security_group_ids == toset(["sg-created"]) && function.vpc_config[0].subnet_ids == toset(["subnet-1"])
    ])
    error_message = "Every function uses the security group."
  }

  assert {
    condition = {
      for key, rule in aws_vpc_security_group_egress_rule.lambda : key =>
      [rule.security_group_id, rule.ip_protocol, rule.from_port, rule.to_port, join(" ", compact([rule.cidr_ipv4, rule.prefix_list_id, rule.referenced_security_group_id]))]
      } == {
      cidr_block_0     = ["sg-created", "tcp", 443, 443, "10.0.0.0/16"]
      cidr_block_1     = ["sg-created", "tcp", 443, 443, "192.0.2.1/32"]
      prefix_list_0    = ["sg-created", "tcp", 443, 443, "pl-1"]
      security_group_0 = ["sg-created", "tcp", 443, 443, "sg-domain"]
    }
    error_message = "The security group allows only port 443 of the targets in egress."
  }

  assert {
    condition     = length(coalesce(aws_security_group.lambda[0].ingress, [])) == 0
    error_message = "The security group allows no inbound connections."
  }

  assert {
    condition     = alltrue([for function in aws_lambda_function.step : function.runtime == "python3.12"])
    error_message = "lambda_runtime accepts Python 3.12."
  }
}
