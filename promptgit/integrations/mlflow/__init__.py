"""A store for MLflow's model registry that keeps prompts in a promptgit registry: MLflow's SDK, server and page on Git.

    mlflow.set_registry_uri("promptgit:///srv/prompts")
    mlflow server --registry-store-uri promptgit:///srv/prompts --backend-store-uri sqlite:///mlflow.db

MLflow finds it by the entry points of the group `mlflow.model_registry_store`; the URIs are those of `uri.py`. To MLflow a
prompt is a registered model and its versions are model versions with certain tags; `entities.py` translates.

    store      the class that MLflow asks; its halves are
    prompts      what is asked about prompts
    versions     what is asked about versions and aliases
    base       what both stand on: the opened registry, and how it is written
    models     what is asked about models instead of prompts
    state      the prompts of one commit
    search     filters, orders and pages
    edits      mutations that promptgit's own API does not have
    uri        where a store's registry is
    entities   MLflow's records from a registry's, and back
    origins    when and by whom what is there was made, from history
    linkage    which experiments used a prompt: a side file, not a commit
    author     who the author of a commit is
    errors     promptgit's errors as MLflow's

MLflow is imported in these modules alone.
"""
