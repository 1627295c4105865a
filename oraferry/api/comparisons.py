from fastapi import APIRouter

from oraferry.migration.request import DataMigrationRequest

router = APIRouter(prefix="/comparisons", tags=["comparisons"])


@router.post("")
def compare_schemas(body: DataMigrationRequest) -> list[str]:
    """x"""
    return []
